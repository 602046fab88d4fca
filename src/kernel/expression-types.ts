import type { Duration } from "./duration.js";
import type { ExpressionNode } from "./expression-node.js";
import type { Schema } from "./schema.js";

interface Base {
  readonly node: ExpressionNode;
  /** True when the value is null, never null itself. */
  isNull(): BoolExpression;
}

export type NumberLike = NumberExpression | number;
export type TextLike = TextExpression | string;
export type BoolLike = BoolExpression | boolean;

interface Comparable<Self, Like> extends Base {
  eq(other: Like): BoolExpression;
  ne(other: Like): BoolExpression;
  /** The first of the others that is not null, where this is null. */
  orElse(other: Like, ...more: Like[]): Self;
  /** Null where this equals the other; a null other equals nothing. */
  nullIf(other: Like): Self;
}

interface Ordered<Self, Like> extends Comparable<Self, Like> {
  lt(other: Like): BoolExpression;
  le(other: Like): BoolExpression;
  gt(other: Like): BoolExpression;
  ge(other: Like): BoolExpression;
  /** Both bounds included. */
  between(least: Like, most: Like): BoolExpression;
}

export interface NumberExpression extends Ordered<NumberExpression, NumberLike> {
  readonly type: "number";
  plus(other: NumberLike): NumberExpression;
  minus(other: NumberLike): NumberExpression;
  times(other: NumberLike): NumberExpression;
  /** Division; by zero is null. */
  dividedBy(other: NumberLike): NumberExpression;
  /** The remainder of floored division: it has the sign of the divisor; by zero is null. */
  modulo(other: NumberLike): NumberExpression;
  power(exponent: NumberLike): NumberExpression;
  negate(): NumberExpression;
  abs(): NumberExpression;
  /** −1, 0 or 1. */
  sign(): NumberExpression;
  /** Null below zero. */
  sqrt(): NumberExpression;
  exp(): NumberExpression;
  /** The natural logarithm; null at zero and below, as is `log10`. */
  ln(): NumberExpression;
  log10(): NumberExpression;
  floor(): NumberExpression;
  ceil(): NumberExpression;
  /** Without its fraction: towards zero. */
  truncate(): NumberExpression;
  /** Half away from zero, to 0 (the default) to 15 decimals. */
  round(decimals?: number): NumberExpression;
  atLeast(other: NumberLike): NumberExpression;
  atMost(other: NumberLike): NumberExpression;
  clamp(least: NumberLike, most: NumberLike): NumberExpression;
  /** True when the value is one of these constants. */
  oneOf(...values: number[]): BoolExpression;
  /** How many of the edges the value has reached: 0 below the first one. Edges are finite and increase. */
  bucket(edges: readonly number[]): NumberExpression;
  /** The index of the bucket `[origin + index·width, origin + (index + 1)·width)`; the origin is 0 by default. */
  widthBucket(width: number, origin?: number): NumberExpression;
  /** A whole number from 0 to buckets − 1: MurmurHash3 of the number's text. */
  hash(buckets: number): NumberExpression;
  /** The shortest decimal that reads as the number, as JavaScript writes it: `7`, `-0.5`, `1e+21`. */
  toText(): TextExpression;
}

export interface BoolExpression extends Comparable<BoolExpression, BoolLike> {
  readonly type: "bool";
  and(other: BoolLike): BoolExpression;
  or(other: BoolLike): BoolExpression;
  not(): BoolExpression;
  /** `yes` where this is true, `no` where it is false, null where it is null. */
  then(yes: NumberLike, no: NumberLike): NumberExpression;
  then(yes: TextLike, no: TextLike): TextExpression;
  then(yes: BoolLike, no: BoolLike): BoolExpression;
  then(yes: TimeExpression, no: TimeExpression): TimeExpression;
}

export interface TextExpression extends Comparable<TextExpression, TextLike> {
  readonly type: "text";
  /** Unicode's full mapping without a locale, as `toLowerCase` of JavaScript. */
  lower(): TextExpression;
  /** Unicode's full mapping without a locale, as `toUpperCase` of JavaScript: `ß` becomes `SS`. */
  upper(): TextExpression;
  /** Without the white space and line ends around it, as `trim` of JavaScript. */
  trim(): TextExpression;
  /** In code points, as are the positions of `slice`. */
  length(): NumberExpression;
  /** From position `start` (the first is 0) up to, not including, position `end`; to the end by default. */
  slice(start: number, end?: number): TextExpression;
  /** One text after the other; null when one of them is null. */
  concat(...others: TextLike[]): TextExpression;
  startsWith(other: TextLike): BoolExpression;
  endsWith(other: TextLike): BoolExpression;
  contains(other: TextLike): BoolExpression;
  /** Every occurrence of a text, from left to right, by another. Neither is a pattern. */
  replace(search: string, by: string): TextExpression;
  /** True when the text is one of these constants. */
  oneOf(...values: string[]): BoolExpression;
  /** A whole number from 0 to buckets − 1: MurmurHash3 of the text's UTF-8 bytes. */
  hash(buckets: number): NumberExpression;
  /** The number that the text is in decimal notation (`-1.5`, `.5`, `1e3`), null when it is none. */
  toNumber(): NumberExpression;
}

/** Fixed lengths of time: a day is 24 hours. */
export type ElapsedUnit = "ms" | "s" | "m" | "h" | "d";

export interface TimeExpression extends Ordered<TimeExpression, TimeExpression> {
  readonly type: "time";
  /** A later time: a duration text or a number of milliseconds. */
  plus(by: Duration | NumberExpression): TimeExpression;
  minus(by: Duration | NumberExpression): TimeExpression;
  /** Elapsed time from the other time to this one, in milliseconds by default, with its fraction. */
  since(other: TimeExpression, unit?: ElapsedUnit): NumberExpression;
}

export type Expression = NumberExpression | BoolExpression | TextExpression | TimeExpression;

/** What an operation takes: an expression or a constant. */
export type Operand = Expression | number | string | boolean;

/** The expression that an operand is or stands for. */
export type ExpressionOf<O> = O extends NumberLike
  ? NumberExpression
  : O extends TextLike
    ? TextExpression
    : O extends BoolLike
      ? BoolExpression
      : TimeExpression;

/** What may stand where an operand of this type does. */
export type LikeOf<O> = O extends NumberLike
  ? NumberLike
  : O extends TextLike
    ? TextLike
    : O extends BoolLike
      ? BoolLike
      : TimeExpression;

interface ExpressionByKind {
  int: NumberExpression;
  float: NumberExpression;
  bool: BoolExpression;
  timestamp: TimeExpression;
  string: TextExpression;
}

/** The expressions of a schema's columns, by name. */
export type Columns<S extends Schema> = { readonly [K in keyof S]: ExpressionByKind[S[K]["kind"]] };
