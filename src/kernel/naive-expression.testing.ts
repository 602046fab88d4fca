import type { ExpressionNode, Operation } from "./expression-node.js";
import type { Value } from "./table.js";

/** The fields of a row by name. */
export type NaiveRow = Readonly<Record<string, Value>>;

type Arg = () => Value;
type N = number;

/** Null when an operand is null or the result is no finite number. */
const strict =
  <A extends N | string>(of: (...values: A[]) => N | string | boolean | null): Meaning =>
  (...args) => {
    const values = args.map((arg) => arg());
    if (values.includes(null)) return null;
    const result = of(...(values as A[]));
    if (typeof result === "boolean") return result ? 1 : 0;
    return typeof result === "number" && !Number.isFinite(result) ? null : result;
  };

type Meaning = (...args: Arg[]) => Value;

const and = (a: Value, b: Value) => (a === 0 || b === 0 ? 0 : a === null || b === null ? null : 1);
const negated = (a: Value) => (a === null ? null : 1 - (a as N));

const points = (text: string) => Array.from(text);

function half(value: N): N {
  const towardsZero = Math.trunc(value);
  return Math.abs(value - towardsZero) >= 0.5 ? towardsZero + Math.sign(value) : towardsZero;
}

const white = /[\t\n\v\f\r\p{Zs}\u2028\u2029\ufeff]/u;

function trimmed(text: string): string {
  const all = points(text);
  while (all.length > 0 && white.test(all[0])) all.shift();
  while (all.length > 0 && white.test(all[all.length - 1])) all.pop();
  return all.join("");
}

/** A JSON number after sign and lone points are mended: another grammar and another parser than the evaluator's. */
function parsed(text: string): N | null {
  const [mantissa, exponent = "0", ...more] = trimmed(text).split(/[eE]/);
  const [whole, fraction = "", ...points] = mantissa.replace(/^[+-]/, "").split(".");
  const digits = (part: string) => [...part].every((c) => "0123456789".includes(c));
  const power = exponent.replace(/^[+-]/, "");
  if (more.length > 0 || points.length > 0 || whole + fraction === "" || power === "") return null;
  if (![whole, fraction, power].every(digits)) return null;
  const sign = mantissa.startsWith("-") ? "-" : "";
  const json = `${whole.replace(/^0+/, "") || "0"}.${fraction || "0"}e${exponent}`;
  return Number(`${sign}1`) * (JSON.parse(json) as N);
}

/** MurmurHash3_x86_32 of UTF-8 bytes in big integers, from the description of the algorithm. */
export function naiveMurmur3(bytes: Uint8Array): N {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask;
  const mixed = (k: bigint) => (rotate((k * 0xcc9e2d51n) & mask, 15n) * 0x1b873593n) & mask;
  let h = 0n;
  for (let i = 0; i < bytes.length; i += 4) {
    const block = [...bytes.slice(i, i + 4)].reduce((k, byte, j) => k + (BigInt(byte) << BigInt(8 * j)), 0n);
    h ^= mixed(block);
    if (i + 4 <= bytes.length) h = (rotate(h, 13n) * 5n + 0xe6546b64n) & mask;
  }
  h ^= BigInt(bytes.length);
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
  return Number(h ^ (h >> 16n));
}

const dayMs = 86_400_000;
const leap = (year: N) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const lengths = (year: N) => [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Counts whole cycles of 400 years, then years, then months. */
function dateOf(ms: N) {
  let days = Math.floor(ms / dayMs);
  const cycles = Math.floor(days / 146_097);
  let year = 1970 + 400 * cycles;
  days -= cycles * 146_097;
  while (days >= (leap(year) ? 366 : 365)) days -= leap(year++) ? 366 : 365;
  const dayOfYear = days + 1;
  let month = 1;
  while (days >= lengths(year)[month - 1]) days -= lengths(year)[month++ - 1];
  return { year, month, dayOfMonth: days + 1, dayOfYear };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    ...{ hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  formats.set(zone, format);
  return format;
}

/** Civil milliseconds by the fields that a formatter shows. */
export function naiveLocal(ms: N, zone: string): N {
  const format = formats.get(zone) ?? formatOf(zone);
  const second = Math.floor(ms / 1000) * 1000;
  const parts = new Map(format.formatToParts(second).map(({ type, value }) => [type, value]));
  const field = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
  const year = parts.get("era") === "BC" ? 1 - field("year") : field("year");
  const civil = new Date(0);
  civil.setUTCFullYear(year, field("month") - 1, field("day"));
  civil.setUTCHours(field("hour"), field("minute"), field("second"));
  return civil.getTime() + (ms - second);
}

export function naiveStart(ms: N, unit: string): N {
  const day = Math.floor(ms / dayMs) * dayMs;
  const { dayOfMonth, dayOfYear, month } = dateOf(ms);
  if (unit === "minute" || unit === "hour") {
    const length = unit === "minute" ? 60_000 : 3_600_000;
    return Math.floor(ms / length) * length;
  }
  if (unit === "day") return day;
  // 1970-01-05 was a Monday.
  if (unit === "week") return day - ((((day / dayMs - 4) % 7) + 7) % 7) * dayMs;
  if (unit === "month") return day - (dayOfMonth - 1) * dayMs;
  if (unit === "year") return day - (dayOfYear - 1) * dayMs;
  const before = lengths(dateOf(ms).year).slice(month - 1 - ((month - 1) % 3), month - 1);
  return day - (dayOfMonth - 1 + before.reduce((a, b) => a + b, 0)) * dayMs;
}

const inRange = (ms: N) => Math.abs(ms) <= 8.64e15;
const calendar = (name: keyof ReturnType<typeof dateOf>) =>
  strict<N>((ms) => (inRange(ms) ? dateOf(ms)[name] : null));

/** What each operation means, by the table of `docs/expressions.md` and nothing of the evaluator. */
const meanings: Readonly<Record<Operation, Meaning>> = {
  add: strict<N>((a, b) => a + b),
  sub: strict<N>((a, b) => a - b),
  mul: strict<N>((a, b) => a * b),
  div: strict<N>((a, b) => a / b),
  mod: strict<N>((a, b) => (Math.sign(a % b) * Math.sign(b) < 0 ? (a % b) + b : a % b)),
  pow: strict<N>(Math.pow),
  min: strict<N>((a, b) => (a < b ? a : b)),
  max: strict<N>((a, b) => (a > b ? a : b)),
  abs: strict<N>((a) => (a < 0 ? -a : a)),
  sign: strict<N>((a) => (a > 0 ? 1 : a < 0 ? -1 : 0)),
  sqrt: strict<N>(Math.sqrt),
  exp: strict<N>(Math.exp),
  ln: strict<N>(Math.log),
  log10: strict<N>(Math.log10),
  floor: strict<N>(Math.floor),
  ceil: strict<N>((a) => -Math.floor(-a)),
  trunc: strict<N>((a) => (a < 0 ? -Math.floor(-a) : Math.floor(a))),
  round: strict<N>((a, decimals) =>
    Math.abs(a * Number(`1e${decimals}`)) >= 2 ** 53
      ? a
      : half(a * Number(`1e${decimals}`)) / Number(`1e${decimals}`),
  ),
  bucket: strict<N>((a, ...edges) => edges.filter((edge) => edge <= a).length),
  toText: strict<N>((a) => `${a}`),
  eq: strict((a, b) => a === b),
  ne: strict((a, b) => a !== b),
  lt: strict((a, b) => a < b),
  le: strict((a, b) => a <= b),
  gt: strict((a, b) => a > b),
  ge: strict((a, b) => a >= b),
  oneOf: strict((a, ...values) => values.some((value) => value === a)),
  and: (a, b) => and(a(), b()),
  or: (a, b) => negated(and(negated(a()), negated(b()))),
  not: (a) => negated(a()),
  isNull: (a) => (a() === null ? 1 : 0),
  orElse: (a, b) => (a() === null ? b() : a()),
  nullIf: (a, b) => (a() !== null && a() === b() ? null : a()),
  when: (condition, yes, no) => (condition() === null ? null : condition() === 1 ? yes() : no()),
  hash: strict((a, buckets) => naiveMurmur3(Buffer.from(`${a}`, "utf8")) % (buckets as N)),
  lower: strict<string>((a) => a.toLocaleLowerCase("en")),
  upper: strict<string>((a) => a.toLocaleUpperCase("en")),
  trim: strict<string>(trimmed),
  length: strict<string>((a) => points(a).length),
  slice: strict((a, start, end) =>
    points(a as string)
      .slice(start as N, end as N | undefined)
      .join(""),
  ),
  concat: strict<string>((...parts) => parts.join("")),
  startsWith: strict<string>((a, b) => a.slice(0, b.length) === b),
  endsWith: strict<string>((a, b) => a.length >= b.length && a.slice(a.length - b.length) === b),
  contains: strict<string>((a, b) => a.split(b).length > 1 || b === ""),
  replace: strict<string>((a, search, by) => a.split(search).join(by)),
  toNumber: strict<string>(parsed),
  local: strict((ms, zone) => (inRange(ms as N) ? naiveLocal(ms as N, zone as string) : null)),
  startOf: strict((ms, unit, zone) => {
    if (zone !== undefined) throw new Error("the start in a zone has an oracle of its own");
    const start = inRange(ms as N) ? naiveStart(ms as N, unit as string) : NaN;
    return inRange(start) ? start : null;
  }),
  year: calendar("year"),
  month: calendar("month"),
  dayOfMonth: calendar("dayOfMonth"),
  dayOfYear: calendar("dayOfYear"),
};

/** Every operation there is. */
export const operations = Object.keys(meanings) as Operation[];

/** The operations in an expression. */
export const operationsIn = (node: ExpressionNode): Operation[] =>
  node.op === "column" || node.op === "literal" ? [] : [node.op, ...node.args.flatMap(operationsIn)];

/** The value of an expression for a row. 0 and −0 are one number, here always written 0. */
export function naiveValue(node: ExpressionNode, row: NaiveRow): Value {
  const value =
    node.op === "column"
      ? row[node.name]
      : node.op === "literal"
        ? node.value
        : meanings[node.op](...node.args.map((arg) => () => naiveValue(arg, row)));
  return value === 0 ? 0 : value;
}
