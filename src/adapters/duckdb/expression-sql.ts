import { quotedString } from "@duckdb/node-api";
import type { ExpressionNode, FieldKind, Operation } from "../../kernel/index.js";

/**
 * The SQL of a node. The language's null for what is not finite is put off: a number that is not `certain`
 * may be infinite or NaN where the language says null, because sums and products of such numbers stay such.
 * So one check at the end does for a whole chain, and the text stays short.
 */
interface Sql {
  readonly text: string;
  readonly form: "value" | "condition";
  readonly certain: boolean;
}

type Rule = (operands: readonly Sql[], args: readonly ExpressionNode[]) => Sql | undefined;

/** Longer ones are left to the evaluator: a check repeats what it checks, so nested ones grow fast. */
const longestSql = 20_000;

/** Deeper ones too: DuckDB's parser refuses a depth of 1000, and an operation takes several levels. */
const deepestNode = 100;

/** A column of canonical Parquet in the form that expressions take. */
export function columnValueSql({
  quoted,
  kind,
}: {
  readonly quoted: string;
  readonly kind: FieldKind;
}): string {
  if (kind === "string") return quoted;
  return kind === "timestamp" ? `epoch_ms(${quoted})::DOUBLE` : `${quoted}::DOUBLE`;
}

/**
 * A DuckDB expression with the very meaning that `compileExpression` gives to a node: DOUBLE for numbers,
 * conditions (0 and 1) and times (epoch milliseconds), VARCHAR for texts. `columnSql` gives a column in
 * that form, where numbers are finite or null. Undefined when an operation has no exact counterpart.
 */
export function expressionSql(
  node: ExpressionNode,
  columnSql: (column: string) => string,
): string | undefined {
  const sql = compile(node, columnSql, 0);
  if (sql === undefined) return undefined;
  const text = sql.certain ? value(sql) : finite(sql);
  return text.length > longestSql ? undefined : text;
}

function compile(
  node: ExpressionNode,
  columnSql: (column: string) => string,
  depth: number,
): Sql | undefined {
  if (node.op === "column") return certain(columnSql(node.name));
  if (node.op === "literal") return certain(literalSql(node.value));
  const rule = rules[node.op];
  if (rule === undefined || depth > deepestNode) return undefined;
  const operands: Sql[] = [];
  for (const arg of node.args) {
    const operand = compile(arg, columnSql, depth + 1);
    if (operand === undefined || operand.text.length > longestSql) return undefined;
    operands.push(operand);
  }
  return rule(operands, node.args);
}

const certain = (text: string): Sql => ({ text, form: "value", certain: true });
const uncertain = (text: string): Sql => ({ text, form: "value", certain: false });
const condition = (text: string): Sql => ({ text, form: "condition", certain: true });

/** With an exponent a literal is a DOUBLE; without one it is a DECIMAL, which compares and divides otherwise. */
function literalSql(constant: number | string): string {
  if (typeof constant === "string") {
    // The parser ends at a NUL.
    const parts = constant.split("\0").map((part) => quotedString(part));
    return parts.length === 1 ? parts[0] : `(${parts.join(" || chr(0) || ")})`;
  }
  const digits = String(constant);
  return `(${digits.includes("e") ? digits : `${digits}e0`})`;
}

/** As a number, where a condition is 0 or 1. It may not be finite. */
const value = ({ text, form }: Sql) => (form === "condition" ? `(${text})::DOUBLE` : text);

const truth = ({ text, form }: Sql) => (form === "condition" ? text : `(${text} = 1e0)`);

/** As a value that is null where it is not finite. */
function finite(sql: Sql): string {
  return sql.certain ? value(sql) : `CASE WHEN isfinite(${sql.text}) THEN ${sql.text} END`;
}

/** A sum, difference or product: what is not finite stays so. */
const infix =
  (symbol: string): Rule =>
  ([a, b]) =>
    uncertain(`(${value(a)} ${symbol} ${value(b)})`);

const comparison =
  (symbol: string): Rule =>
  ([a, b]) =>
    condition(`(${finite(a)} ${symbol} ${finite(b)})`);

/** A function under which what is not finite stays so, and nothing else becomes so. */
const rounding =
  (name: string): Rule =>
  ([a]) => ({ ...a, text: `${name}(${value(a)})`, form: "value" });

/** A function of texts. */
const ofTexts =
  (name: string, made: (text: string) => Sql): Rule =>
  (operands) =>
    made(`${name}(${operands.map(finite).join(", ")})`);

const logic =
  (word: "AND" | "OR"): Rule =>
  ([a, b]) =>
    condition(`(${truth(a)} ${word} ${truth(b)})`);

/** The remainder of `%` has the sign of the dividend; where the signs differ the divisor is added. */
const modulo: Rule = ([a, b], [, divisor]) => {
  const by = finite(b);
  const rest = `(${value(a)} % ${by})`;
  const wrong =
    divisor.op === "literal"
      ? `${rest} ${Number(divisor.value) < 0 ? ">" : "<"} 0e0`
      : `${rest} <> 0e0 AND (${rest} < 0e0) <> (${by} < 0e0)`;
  return uncertain(`(${rest} + ${by} * (${wrong})::DOUBLE)`);
};

/** `least` and `greatest` of DuckDB pass over nulls. */
const extreme =
  (symbol: "<" | ">"): Rule =>
  ([first, second]) => {
    const [a, b] = [finite(first), finite(second)];
    return certain(`CASE ${a} ${symbol} ${b} WHEN true THEN ${a} WHEN false THEN ${b} END`);
  };

const numberOf = (node: ExpressionNode) => (node.op === "literal" ? Number(node.value) : NaN);

/** What scales to 2^53 or more is the double nearest to its own rounding. */
const round: Rule = (operands, args) => {
  const decimals = numberOf(args[1]);
  if (decimals === 0) return rounding("round")(operands, args);
  const scale = literalSql(10 ** decimals);
  const a = value(operands[0]);
  const scaled = `(${a} * ${scale})`;
  return uncertain(
    `CASE WHEN abs(${scaled}) < ${literalSql(2 ** 53)} THEN round(${scaled}) / ${scale} ELSE ${a} END`,
  );
};

const bucket: Rule = ([x, ...edges]) => {
  const a = finite(x);
  const below = edges.map((edge, index) => `WHEN ${a} < ${edge.text} THEN ${index}e0`).join(" ");
  return certain(`CASE ${below} WHEN ${a} IS NOT NULL THEN ${edges.length}e0 END`);
};

const slice: Rule = ([text], [, start, end]) => {
  const from = numberOf(start);
  const length = end === undefined ? "" : `, ${numberOf(end) - from}`;
  return certain(`substring(${text.text}, ${from + 1}${length})`);
};

/** What ECMAScript calls white space and line terminators. DuckDB by itself trims spaces only. */
const whiteSpace =
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
const trimmed = (text: string) => `trim(${text}, ${quotedString(whiteSpace)})`;

/** A cast of DuckDB also reads `1_000`, `inf` and `nan`. */
const decimal = String.raw`[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`;
const toNumber: Rule = ([{ text }]) =>
  uncertain(
    `CASE WHEN regexp_full_match(${trimmed(text)}, '${decimal}') THEN TRY_CAST(${trimmed(text)} AS DOUBLE) END`,
  );

const largestTimeMs = 8.64e15;

/** The moment of a time in UTC, null outside the range of times: DuckDB has no dates for many others. */
const moment = (time: Sql, leastMs = -largestTimeMs) => {
  const ms = value(time);
  const range = `BETWEEN ${literalSql(leastMs)} AND ${literalSql(largestTimeMs)}`;
  return `epoch_ms(CASE WHEN ${ms} ${range} THEN floor(${ms}) END::BIGINT)`;
};

const datePart =
  (name: string): Rule =>
  ([time]) =>
    certain(`${name}(${moment(time)})::DOUBLE`);

/** The first start of a unit within the range of times; of others it is the beginning of the range itself. */
const firstStartMs: Readonly<Record<string, number | undefined>> = {
  week: Date.UTC(-271821, 3, 26),
  month: Date.UTC(-271821, 4, 1),
  quarter: Date.UTC(-271821, 6, 1),
  year: Date.UTC(-271820, 0, 1),
};

/** In UTC alone: DuckDB carries another edition of the time zone database than Node. */
const startOf: Rule = ([time], [, unit, zone]) => {
  if (zone !== undefined || unit.op !== "literal") return undefined;
  const from = moment(time, firstStartMs[unit.value]);
  return certain(`epoch_ms(date_trunc(${quotedString(String(unit.value))}, ${from}))::DOUBLE`);
};

/**
 * One rule for each operation. Without one: powers, exponentials and logarithms, whose last bit depends on
 * the library; the text of a number and the case of letters, for which DuckDB has rules of its own; hashes;
 * and time zones.
 */
const rules: Readonly<Record<Operation, Rule | undefined>> = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  // By zero it is infinite or NaN, so null; by what is infinite it would be 0.
  div: ([a, b]) => uncertain(`(${value(a)} / ${finite(b)})`),
  mod: modulo,
  pow: undefined,
  min: extreme("<"),
  max: extreme(">"),
  abs: rounding("abs"),
  sign: ([a]) => certain(`sign(${finite(a)})::DOUBLE`),
  sqrt: ([a]) => uncertain(`sqrt(CASE WHEN ${value(a)} >= 0e0 THEN ${value(a)} END)`),
  exp: undefined,
  ln: undefined,
  log10: undefined,
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  trunc: rounding("trunc"),
  round,
  bucket,
  toText: undefined,
  eq: comparison("="),
  ne: comparison("<>"),
  lt: comparison("<"),
  le: comparison("<="),
  gt: comparison(">"),
  ge: comparison(">="),
  oneOf: ([a, ...constants]) => condition(`(${finite(a)} IN (${constants.map(value).join(", ")}))`),
  and: logic("AND"),
  or: logic("OR"),
  not: ([a]) => condition(`(NOT ${truth(a)})`),
  isNull: ([a]) =>
    condition(a.certain ? `(${a.text} IS NULL)` : `(NOT coalesce(isfinite(${a.text}), false))`),
  orElse: ([a, b]) => ({ ...b, text: `coalesce(${finite(a)}, ${value(b)})`, form: "value" }),
  nullIf: ([a, b]) => certain(`nullif(${finite(a)}, ${finite(b)})`),
  when: ([test, yes, no]) => ({
    text: `CASE ${truth(test)} WHEN true THEN ${value(yes)} WHEN false THEN ${value(no)} END`,
    form: "value",
    certain: yes.certain && no.certain,
  }),
  hash: undefined,
  lower: undefined,
  upper: undefined,
  trim: ([a]) => certain(trimmed(a.text)),
  length: ofTexts("length", (text) => certain(`${text}::DOUBLE`)),
  slice,
  concat: (parts) => certain(`(${parts.map(finite).join(" || ")})`),
  startsWith: ofTexts("starts_with", condition),
  endsWith: ofTexts("ends_with", condition),
  contains: ofTexts("contains", condition),
  replace: ofTexts("replace", certain),
  toNumber,
  local: undefined,
  startOf,
  year: datePart("year"),
  month: datePart("month"),
  dayOfMonth: datePart("day"),
  dayOfYear: datePart("dayofyear"),
};
