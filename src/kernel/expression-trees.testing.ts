import fc from "fast-check";
import { columnsOf, when } from "./expression.js";
import type { ExpressionNode } from "./expression-node.js";
import type {
  BoolExpression,
  ElapsedUnit,
  Expression,
  NumberExpression,
  TextExpression,
  TimeExpression,
} from "./expression-types.js";
import { t } from "./schema.js";
import type { Value } from "./table.js";
import { dayOfMonth, dayOfYear, hourOfDay, isWeekend, minuteOfDay, minuteOfHour } from "./time-parts.js";
import { month, quarter, secondOfMinute, startOf, unitsBetween, weekday, year } from "./time-parts.js";

/** What random expressions read. */
export const treeSchema = {
  n: t.int().optional(),
  x: t.float().optional(),
  yes: t.bool().optional(),
  word: t.string().optional(),
  at: t.timestamp().optional(),
};
const f = columnsOf(treeSchema);

export const zones = [
  ...["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham"],
  ...["America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Etc/GMT+12"],
];

const units = ["minute", "hour", "day", "week", "month", "quarter", "year"] as const;

const numbers = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -9, max: 9 }).map((halves) => halves / 2),
  fc.constantFrom(0, -0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 0.29, 1.005, 0.49999999999999994, 1e15 + 0.5),
  fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 52 + 1, 1e21, 1e-7, 1e308, -1.7976931348623157e308, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const oddTexts = [
  ...[
    "",
    "a",
    "A",
    "aa",
    "ab",
    "JFK",
    " JFK ",
    "\ta\u00a0",
    "\ufeffx\u3000",
    "\u200bz",
    "a\0b",
    "'",
    '"',
    "\\",
    "%_$&",
  ],
  ...["👍", "🤦🏼‍♂️", "e\u0301", "\u00e9", "ß", "ŉ", "İ", "ı", "ΑΣ", "ΑΣΑ", "ǆ", "ﬁ", "\ud7ff\ue000", "日本"],
  ...[
    "0",
    "-0",
    "7",
    "+7.50",
    ".5",
    "5.",
    ".",
    "1e3",
    "1e999",
    "-1e-999",
    " 12 ",
    "1_000",
    "0x10",
    "inf",
    "NaN",
  ],
  ...["12345678901234567890", "0.1", "2.2250738585072011e-308", "1e", "--1", "1\n", "٣"],
];

const texts = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ unit: "binary", maxLength: 6 }),
  numbers.map(String),
  fc.string({ unit: fc.constantFrom(..."01.e+- aA👍"), maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(..."a$&👍"), maxLength: 3 }),
);

/** Hours around changes of the clocks, leap days, new years and the ends of what times there are. */
const moments = [
  "2024-02-29T12:00Z",
  ...["2024-03-10T06:30Z", "2024-11-03T05:30Z", "2024-03-31T00:59:59.999Z", "2024-10-27T01:00Z"],
  ...["2024-04-06T15:00Z", "2024-10-05T15:30Z", "2011-12-30T09:59Z", "1999-12-31T23:59:59.999Z"],
  ...[
    "1900-02-28T23:00Z",
    "2000-02-29T00:00Z",
    "1969-12-31T23:59:59.999Z",
    "0001-01-01T00:00Z",
    "1883-11-18T17:00Z",
  ],
].map((text) => Date.parse(text));

const times = fc.oneof(
  fc
    .tuple(fc.constantFrom(...moments), fc.integer({ min: -7_200_000, max: 7_200_000 }))
    .map(([ms, by]) => ms + by),
  fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2037, 0) }),
  fc.constantFrom(8.64e15, -8.64e15, 0, -1, 8.64e15 - 1, 8.64e15 + 1),
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.integer({ min: -8.64e15, max: -8.64e15 + 4e10 }),
);

/** Values of one row in the schema's order. Texts are well-formed Unicode. */
export const treeRows: fc.Arbitrary<Value[]> = fc
  .tuple(
    fc.option(
      fc.oneof(fc.integer({ min: -50, max: 50 }), fc.maxSafeInteger(), fc.constantFrom(0, 2 ** 53 - 1)),
    ),
    fc.option(numbers),
    fc.option(fc.constantFrom(0, 1)),
    fc.option(texts),
    fc.option(times),
  )
  .map((values) => [...values]);

interface Trees {
  readonly number: NumberExpression;
  readonly bool: BoolExpression;
  readonly text: TextExpression;
  readonly time: TimeExpression;
}
type Tie = fc.LetrecTypedTie<Trees>;

const two = ["plus", "minus", "times", "dividedBy", "modulo", "atLeast", "atMost", "nullIf"] as const;
const one = ["negate", "abs", "sign", "sqrt", "floor", "ceil", "truncate"] as const;
const transcendental = ["exp", "ln", "log10"] as const;
const parts = [
  ...[year, month, dayOfMonth, dayOfYear, quarter],
  ...[hourOfDay, minuteOfDay, minuteOfHour, secondOfMinute, weekday],
];
const increasing = fc
  .uniqueArray(numbers, { minLength: 1, maxLength: 5, comparator: (a, b) => a === b })
  .map((edges) => edges.sort((a, b) => a - b));

function numberTrees(tie: Tie): fc.Arbitrary<NumberExpression>[] {
  const number = tie("number");
  const like = fc.oneof(number, numbers);
  return [
    fc.tuple(fc.constantFrom(...two), number, like).map(([op, a, b]) => a[op](b)),
    fc.tuple(fc.constantFrom(...one), number).map(([op, a]) => a[op]()),
    fc.tuple(number, fc.integer({ min: 0, max: 15 })).map(([a, decimals]) => a.round(decimals)),
    fc.tuple(number, like, like).map(([a, b, c]) => a.atLeast(b).clamp(c, number3(b))),
    fc.tuple(number, like, numbers).map(([a, b, c]) => a.orElse(b, c)),
    fc.tuple(number, increasing).map(([a, edges]) => a.bucket(edges)),
    fc.tuple(number, fc.constantFrom(0.1, 3, 1e-300), numbers).map(([a, w, o]) => a.widthBucket(w, o)),
    fc.tuple(tie("bool"), like, like).map(([test, a, b]) => test.then(a, b)),
    fc
      .tuple(tie("bool"), tie("bool"), number, numbers)
      .map(([a, b, x, y]) => when(a, x).when(b, y).otherwise(x)),
    tie("text").map((a) => a.length()),
    tie("text").map((a) => a.toNumber()),
    fc
      .tuple(tie("time"), tie("time"), fc.constantFrom<ElapsedUnit>("ms", "s", "m", "h", "d"))
      .map(([a, b, unit]) => a.since(b, unit)),
    fc.tuple(fc.constantFrom(...parts), tie("time")).map(([part, a]) => part(a)),
    fc
      .tuple(tie("time"), tie("time"), fc.constantFrom(...units))
      .map(([a, b, unit]) => unitsBetween(a, b, { unit })),
  ];
}

/** An upper bound that no constant lower bound can exceed. */
const number3 = (bound: NumberExpression | number) => (typeof bound === "number" ? f.x.orElse(bound) : bound);

/** Operations that DuckDB computes in another way, or not at all. */
function numberTreesOfNode(tie: Tie): fc.Arbitrary<NumberExpression>[] {
  return [
    fc.tuple(fc.constantFrom(...transcendental), tie("number")).map(([op, a]) => a[op]()),
    fc.tuple(tie("number"), fc.oneof(tie("number"), numbers)).map(([a, b]) => a.power(b)),
    fc.tuple(tie("text"), fc.integer({ min: 1, max: 2 ** 32 })).map(([a, buckets]) => a.hash(buckets)),
    fc.tuple(tie("number"), fc.integer({ min: 1, max: 99 })).map(([a, buckets]) => a.hash(buckets)),
    fc
      .tuple(fc.constantFrom(...parts), tie("time"), fc.constantFrom(...zones))
      .map(([part, a, zone]) => part(a, { zone })),
  ];
}

function boolTrees(tie: Tie): fc.Arbitrary<BoolExpression>[] {
  const { number, bool, text, time } = {
    number: tie("number"),
    bool: tie("bool"),
    text: tie("text"),
    time: tie("time"),
  };
  const compare = fc.constantFrom("eq", "ne", "lt", "le", "gt", "ge");
  const look = fc.constantFrom("eq", "ne", "startsWith", "endsWith", "contains");
  const any = fc.oneof<fc.Arbitrary<Expression>[]>(number, bool, text, time);
  return [
    fc.tuple(compare, number, fc.oneof(number, numbers)).map(([op, a, b]) => a[op](b)),
    fc.tuple(compare, time, time).map(([op, a, b]) => a[op](b)),
    fc.tuple(look, text, fc.oneof(text, texts)).map(([op, a, b]) => a[op](b)),
    fc
      .tuple(fc.constantFrom("and", "or", "eq", "ne", "orElse", "nullIf"), bool, fc.oneof(bool, fc.boolean()))
      .map(([op, a, b]) => a[op](b)),
    fc.tuple(bool, bool, bool).map(([a, b, c]) => a.then(b, c)),
    bool.map((a) => a.not()),
    any.map((a) => a.isNull()),
    fc.tuple(number, number, numbers).map(([a, b, c]) => a.between(b, c)),
    fc.tuple(time, time, time).map(([a, b, c]) => a.between(b, c)),
    fc.tuple(number, fc.array(numbers, { minLength: 1, maxLength: 4 })).map(([a, all]) => a.oneOf(...all)),
    fc.tuple(text, fc.array(texts, { minLength: 1, maxLength: 4 })).map(([a, all]) => a.oneOf(...all)),
    time.map((a) => isWeekend(a)),
  ];
}

function textTrees(tie: Tie): fc.Arbitrary<TextExpression>[] {
  const text = tie("text");
  const like = fc.oneof(text, texts);
  const position = fc.integer({ min: 0, max: 5 });
  return [
    text.map((a) => a.trim()),
    fc.tuple(text, like, like).map(([a, b, c]) => a.concat(b, c)),
    fc.tuple(text, position).map(([a, start]) => a.slice(start)),
    fc.tuple(text, position, position).map(([a, start, more]) => a.slice(start, start + more)),
    fc
      .tuple(
        text,
        texts.filter((search) => search !== ""),
        texts,
      )
      .map(([a, search, by]) => a.replace(search, by)),
    fc.tuple(text, like).map(([a, b]) => a.orElse(b)),
    fc.tuple(text, like).map(([a, b]) => a.nullIf(b)),
    fc.tuple(tie("bool"), like, like).map(([test, a, b]) => test.then(a, b)),
  ];
}

const textTreesOfNode = (tie: Tie): fc.Arbitrary<TextExpression>[] => [
  fc.tuple(fc.constantFrom("lower", "upper"), tie("text")).map(([op, a]) => a[op]()),
  tie("number").map((a) => a.toText()),
];

function timeTrees(tie: Tie): fc.Arbitrary<TimeExpression>[] {
  const time = tie("time");
  return [
    fc.tuple(time, tie("number")).map(([a, by]) => a.plus(by)),
    time.map((a) => a.minus("90s").plus("1d")),
    fc.tuple(time, time).map(([a, b]) => a.orElse(b)),
    fc.tuple(time, time).map(([a, b]) => a.nullIf(b)),
    fc.tuple(tie("bool"), time, time).map(([test, a, b]) => test.then(a, b)),
    fc.tuple(time, fc.constantFrom(...units)).map(([a, unit]) => startOf(a, { unit })),
  ];
}

/**
 * Random expressions of all four types: of all operations, or of those alone that SQL can express; as deep
 * as they like, or with nothing but columns and constants under the topmost operation.
 */
export function expressionTrees(operations: "all" | "sql", maxDepth?: 1): fc.Arbitrary<ExpressionNode> {
  const all = operations === "all";
  const depth = maxDepth === undefined ? { depthSize: "small" as const } : { maxDepth };
  const by = { ...depth, withCrossShrink: true };
  const trees = fc.letrec<Trees>((tie) => ({
    number: fc.oneof(
      by,
      fc.constantFrom(f.n, f.x),
      ...numberTrees(tie),
      ...(all ? numberTreesOfNode(tie) : []),
    ),
    bool: fc.oneof(by, fc.constant(f.yes), ...boolTrees(tie)),
    text: fc.oneof(by, fc.constant(f.word), ...textTrees(tie), ...(all ? textTreesOfNode(tie) : [])),
    time: fc.oneof(by, fc.constant(f.at), ...timeTrees(tie)),
  }));
  const any = fc.oneof<fc.Arbitrary<Expression>[]>(trees.number, trees.bool, trees.text, trees.time);
  return any.map(({ node }) => node);
}
