import type { Value } from "./table.js";

/** The value of an operand that is a constant. */
export type Constant = number | string | undefined;

/** Reads one value of a row; `Row` is an index offline and a record online. */
export type Reader<Row> = (row: Row) => Value;

/** The operands of a node, and the values of those that are constants. */
export interface Operands<Row> {
  readonly read: readonly Reader<Row>[];
  readonly constants: readonly Constant[];
}

/** Whether all values of a node are certain to be whole numbers (or null), by which of its operands are. */
export type Whole = (operands: readonly boolean[], constants: readonly Constant[]) => boolean;

export const always: Whole = () => true;
export const never: Whole = () => false;
export const ofOperands: Whole = (operands) => operands.every(Boolean);
export const ofFirst: Whole = ([first]) => first;

/** What an operation means. */
export interface Operator {
  readonly whole: Whole;
  /** Makes the reader of a node; called once per node, its result once per row. */
  readonly compile: <Row>(operands: Operands<Row>) => Reader<Row>;
}

/** An infinite result, or one that is no number, is null. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** An operation on one number: null on null. */
export const ofNumber = (whole: Whole, map: (value: number) => Value): Operator => ({
  whole,
  compile:
    ({ read: [a] }) =>
    (row) => {
      const value = a(row);
      return value === null ? null : map(value as number);
    },
});

/** An operation on two numbers: null when one of them is. */
export const ofNumbers = (whole: Whole, combine: (a: number, b: number) => Value): Operator => ({
  whole,
  compile({ read: [a, b], constants: [, constant] }) {
    if (typeof constant === "number") {
      return (row) => {
        const left = a(row);
        return left === null ? null : combine(left as number, constant);
      };
    }
    return (row) => {
      const left = a(row);
      const right = b(row);
      return left === null || right === null ? null : combine(left as number, right as number);
    };
  },
});

/** An operation on one text: null on null. */
export const ofText = (whole: Whole, map: (text: string) => Value): Operator => ({
  whole,
  compile:
    ({ read: [a] }) =>
    (row) => {
      const text = a(row);
      return text === null ? null : map(text as string);
    },
});

/** An operation on two texts: null when one of them is. */
export const ofTexts = (whole: Whole, combine: (a: string, b: string) => Value): Operator => ({
  whole,
  compile:
    ({ read: [a, b] }) =>
    (row) => {
      const left = a(row);
      const right = b(row);
      return left === null || right === null ? null : combine(left as string, right as string);
    },
});

/** An operation on one value whose other operands are constants: null on null. */
export const withConstants = <V extends number | string>(
  whole: Whole,
  prepare: (constants: readonly Constant[]) => (value: V) => Value,
): Operator => ({
  whole,
  compile({ read: [a], constants }) {
    const map = prepare(constants.slice(1));
    return (row) => {
      const value = a(row);
      return value === null ? null : map(value as V);
    };
  },
});
