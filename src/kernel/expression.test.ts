import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindPositions, bindTable, compileExpression, evaluateNumbers } from "./evaluate.js";
import { columnsOf } from "./expression.js";
import { columnsRead, expressionHash } from "./expression-node.js";
import type {
  BoolExpression,
  Expression,
  NumberExpression,
  TextExpression,
  TimeExpression,
} from "./expression-types.js";
import { t } from "./schema.js";
import { tableOf, type Value } from "./table.js";
import { hourOfDay, minuteOfDay, weekday } from "./time-parts.js";

const schema = {
  n: t.int().optional(),
  x: t.float().optional(),
  yes: t.bool().optional(),
  word: t.string().optional(),
  at: t.timestamp().optional(),
};
const f = columnsOf(schema);

/** A row as plain TypeScript has it. */
interface Row {
  readonly n: number | null;
  readonly x: number | null;
  readonly yes: boolean | null;
  readonly word: string | null;
  readonly at: number | null;
}

/** An expression beside what it means, written without the compiler. */
interface Meant<E, V> {
  readonly expression: E;
  readonly meaning: (row: Row) => V | null;
}
type NumberMeant = Meant<NumberExpression, number>;
type BoolMeant = Meant<BoolExpression, boolean>;
type TextMeant = Meant<TextExpression, string>;
type TimeMeant = Meant<TimeExpression, number>;

const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** Null when an operand is null or the result is no finite number. */
function both<A, B, V>(
  a: Meant<unknown, A>,
  b: Meant<unknown, B>,
  combine: (a: A, b: B) => V | null,
): (row: Row) => V | null {
  return (row) => {
    const [left, right] = [a.meaning(row), b.meaning(row)];
    return left === null || right === null ? null : combine(left, right);
  };
}

function floored(a: number, b: number): number | null {
  if (b === 0) return null;
  const rest = a % b;
  if (rest === 0) return 0;
  return Math.sign(rest) === Math.sign(b) ? rest : rest + b;
}

const arithmetic: {
  of: (a: NumberExpression, b: NumberExpression) => NumberExpression;
  mean: (a: number, b: number) => number | null;
}[] = [
  { of: (a, b) => a.plus(b), mean: (a, b) => finite(a + b) },
  { of: (a, b) => a.minus(b), mean: (a, b) => finite(a - b) },
  { of: (a, b) => a.times(b), mean: (a, b) => finite(a * b) },
  { of: (a, b) => a.dividedBy(b), mean: (a, b) => (b === 0 ? null : finite(a / b)) },
  { of: (a, b) => a.modulo(b), mean: floored },
  { of: (a, b) => a.atLeast(b), mean: (a, b) => Math.max(a, b) },
  { of: (a, b) => a.atMost(b), mean: (a, b) => Math.min(a, b) },
];

const comparisons: {
  of: (a: NumberExpression, b: NumberExpression) => BoolExpression;
  mean: (a: number, b: number) => boolean;
}[] = [
  { of: (a, b) => a.eq(b), mean: (a, b) => a === b },
  { of: (a, b) => a.ne(b), mean: (a, b) => a !== b },
  { of: (a, b) => a.lt(b), mean: (a, b) => a < b },
  { of: (a, b) => a.le(b), mean: (a, b) => a <= b },
  { of: (a, b) => a.gt(b), mean: (a, b) => a > b },
  { of: (a, b) => a.ge(b), mean: (a, b) => a >= b },
];

const wholes = fc.integer({ min: -50, max: 50 });
const floats = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0.1, -0.5, 0));
const words = fc.constantFrom("a", "b", "");

const trees = fc.letrec<{ number: NumberMeant; bool: BoolMeant; text: TextMeant; time: TimeMeant }>(
  (tie) => ({
    number: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<NumberMeant>(
        { expression: f.n, meaning: ({ n }) => n },
        { expression: f.x, meaning: ({ x }) => x },
      ),
      fc
        .tuple(fc.constantFrom(...arithmetic), tie("number"), tie("number"))
        .map(([{ of, mean }, a, b]): NumberMeant => ({
          expression: of(a.expression, b.expression),
          meaning: both(a, b, mean),
        })),
      // A constant stands where an expression does.
      fc.tuple(tie("number"), floats).map(([a, value]): NumberMeant => ({
        expression: a.expression.plus(value),
        meaning: (row) => both(a, { expression: value, meaning: () => value }, (x, y) => finite(x + y))(row),
      })),
      tie("number").map((a): NumberMeant => ({
        expression: a.expression.floor().abs(),
        meaning: (row) => {
          const value = a.meaning(row);
          return value === null ? null : Math.abs(Math.floor(value));
        },
      })),
      fc.tuple(tie("number"), tie("number")).map(([a, b]): NumberMeant => ({
        expression: a.expression.orElse(b.expression),
        meaning: (row) => a.meaning(row) ?? b.meaning(row),
      })),
      fc.tuple(tie("bool"), tie("number"), tie("number")).map(([condition, a, b]): NumberMeant => ({
        expression: condition.expression.then(a.expression, b.expression),
        meaning: (row) => {
          const truth = condition.meaning(row);
          return truth === null ? null : truth ? a.meaning(row) : b.meaning(row);
        },
      })),
      fc.tuple(tie("time"), tie("time")).map(([a, b]): NumberMeant => ({
        expression: a.expression.since(b.expression),
        meaning: both(a, b, (x, y) => finite(x - y)),
      })),
    ),
    bool: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant<BoolMeant>({ expression: f.yes, meaning: ({ yes }) => yes }),
      fc
        .tuple(fc.constantFrom(...comparisons), tie("number"), tie("number"))
        .map(([{ of, mean }, a, b]): BoolMeant => ({
          expression: of(a.expression, b.expression),
          meaning: both(a, b, mean),
        })),
      fc.tuple(tie("text"), tie("text"), fc.boolean()).map(([a, b, equal]): BoolMeant => ({
        expression: equal ? a.expression.eq(b.expression) : a.expression.ne(b.expression),
        meaning: both(a, b, (x, y) => (x === y) === equal),
      })),
      fc.tuple(tie("time"), tie("time"), fc.boolean()).map(([a, b, less]): BoolMeant => ({
        expression: less ? a.expression.lt(b.expression) : a.expression.ge(b.expression),
        meaning: both(a, b, (x, y) => x < y === less),
      })),
      fc
        .oneof<fc.Arbitrary<Meant<Expression, unknown>>[]>(
          tie("number"),
          tie("bool"),
          tie("text"),
          tie("time"),
        )
        .map((a): BoolMeant => ({
          expression: a.expression.isNull(),
          meaning: (row) => a.meaning(row) === null,
        })),
      tie("bool").map((a): BoolMeant => ({
        expression: a.expression.not(),
        meaning: (row) => {
          const truth = a.meaning(row);
          return truth === null ? null : !truth;
        },
      })),
      // SQL's logic is min and max over false < null < true.
      fc.tuple(tie("bool"), tie("bool"), fc.boolean()).map(([a, b, and]): BoolMeant => ({
        expression: and ? a.expression.and(b.expression) : a.expression.or(b.expression),
        meaning: (row) => {
          const rank = (truth: boolean | null) => (truth === null ? 1 : truth ? 2 : 0);
          const ranks = [rank(a.meaning(row)), rank(b.meaning(row))];
          return [false, null, true][and ? Math.min(...ranks) : Math.max(...ranks)];
        },
      })),
    ),
    text: fc.oneof(
      { depthSize: "small" },
      fc.constant<TextMeant>({ expression: f.word, meaning: ({ word }) => word }),
      fc.tuple(tie("text"), words).map(([a, word]): TextMeant => ({
        expression: a.expression.orElse(word),
        meaning: (row) => a.meaning(row) ?? word,
      })),
    ),
    time: fc.oneof(
      { depthSize: "small" },
      fc.constant<TimeMeant>({ expression: f.at, meaning: ({ at }) => at }),
      tie("time").map((a): TimeMeant => ({
        expression: a.expression.plus("90s").minus("1d"),
        meaning: (row) => {
          const at = a.meaning(row);
          return at === null ? null : at + 90_000 - 86_400_000;
        },
      })),
      fc.tuple(tie("time"), tie("number")).map(([a, b]): TimeMeant => ({
        expression: a.expression.minus(b.expression),
        meaning: both(a, b, (x, y) => finite(x - y)),
      })),
    ),
  }),
);

const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    n: fc.option(wholes),
    x: fc.option(floats),
    yes: fc.option(fc.boolean()),
    word: fc.option(words),
    at: fc.option(fc.integer({ min: -1e12, max: 1e12 })),
  }),
  { minLength: 1, maxLength: 8 },
);

const valuesOf = ({ n, x, yes, word, at }: Row): Value[] => [
  n,
  x,
  yes === null ? null : Number(yes),
  word,
  at,
];

function plain(value: number | string | boolean | null): Value {
  return typeof value === "boolean" ? Number(value) : value;
}

describe("an expression", () => {
  const anyTree = fc.oneof<fc.Arbitrary<Meant<Expression, number | string | boolean>>[]>(
    trees.number,
    trees.bool,
    trees.text,
    trees.time,
  );

  test("means the same on a table, on a record and in plain words", () => {
    const property = fc.property(anyTree, rows, ({ expression, meaning }, given) => {
      const expected = given.map((row) => plain(meaning(row)));
      const table = tableOf(schema, given.map(valuesOf));
      const readTable = compileExpression(expression.node, bindTable(table));
      expect(given.map((_, row) => readTable(row))).toEqual(expected);
      const readRecord = compileExpression(expression.node, bindPositions(Object.keys(schema)));
      expect(given.map((row) => readRecord(valuesOf(row)))).toEqual(expected);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  test("over a whole table is numbers, NaN for null", () => {
    const property = fc.property(
      fc.oneof(trees.number, trees.bool),
      rows,
      ({ expression, meaning }, given) => {
        const expected = given.map((row) => plain(meaning(row)) ?? NaN);
        expect([...evaluateNumbers(expression.node, tableOf(schema, given.map(valuesOf)))]).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});

describe("a rounding", () => {
  test("leaves a whole number as it is, also where its decimals are more than a double holds", () => {
    const property = fc.property(fc.maxSafeInteger(), fc.nat(15), (n, decimals) => {
      const read = compileExpression<readonly Value[]>(f.n.round(decimals).node, bindPositions(["n"]));
      expect(read([n])).toBe(n);
    });
    fc.assert(property, { examples: [[-3106965089334873, 11]] });
  });
});

describe("a modulo", () => {
  /** The double nearest to the remainder of floored division of two dyadic fractions of 2^-60, in whole numbers. */
  function exact(a: number, b: number): number {
    const [x, y] = [BigInt(a * 2 ** 60), BigInt(b * 2 ** 60)];
    return Number(((x % y) + y) % y) / 2 ** 60;
  }
  const modulo = compileExpression<readonly Value[]>(f.n.modulo(f.x).node, bindPositions(["n", "x"]));

  test("is the exact remainder of floored division, rounded once", () => {
    const number = fc.oneof(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.fround(value)),
      fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000),
    );
    const property = fc.property(number, number, (a, b) => {
      const [x, y] = [a, b].map((value) => Math.round(value * 2 ** 30) / 2 ** 30);
      fc.pre(y !== 0);
      expect(modulo([x, y])).toBe(exact(x, y));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("has the sign of the divisor", () => {
    expect([-7, 7].flatMap((a) => [3, -3].map((b) => modulo([a, b])))).toEqual([2, -1, 1, -2]);
    // 895.68 / 0.04 rounds to 22392, which is a little too much: a − b·⌊a / b⌋ would be below 0.
    expect(modulo([895.68, 0.04])).toBeCloseTo(0.04, 9);
    expect(modulo([1, 0])).toBeNull();
  });
});

describe("columns", () => {
  test("that do not exist throw MW0103 with the nearest name", () => {
    const read = (name: string) => () => (f as Readonly<Record<string, unknown>>)[name];
    const error = { code: "MW0103", remedy: 'Did you mean "word"?', details: { name: "wrod" } };
    expect(read("wrod")).toThrow(expect.objectContaining(error) as Error);
    expect(read("constructor")).toThrow(expect.objectContaining({ code: "MW0103" }) as Error);
    const misspelt = () => {
      // @ts-expect-error -- a schema's columns are known to the compiler
      void f.wrod;
    };
    expect(misspelt).toThrow(expect.objectContaining({ code: "MW0103" }) as Error);
  });

  test("are listed once each, in order of first use", () => {
    const condition = f.x.gt(f.n).and(f.word.eq("n"));
    expect(columnsRead(condition.then(f.n, f.x.plus(1)).node)).toEqual(["x", "n", "word"]);
    expect(columnsRead(f.n.node)).toEqual(["n"]);
  });

  test("are looked up when an expression is compiled", () => {
    expect(() => compileExpression(f.x.plus(1).node, bindPositions(["n"]))).toThrow(TypeError);
    expect(() => compileExpression(f.x.node, bindTable(tableOf({ n: t.int() }, [])))).toThrow(TypeError);
  });
});

describe("constants", () => {
  test("are finite: MW0104", () => {
    for (const value of [NaN, Infinity]) {
      expect(() => f.n.plus(value)).toThrow(expect.objectContaining({ code: "MW0104" }) as Error);
    }
  });

  test("of time are durations: MW0101", () => {
    expect(() => f.at.plus("1.5h")).toThrow(expect.objectContaining({ code: "MW0101" }) as Error);
  });
});

describe("the parts of a time", () => {
  test("are those of Date in UTC", () => {
    const read = [minuteOfDay, hourOfDay, weekday].map((part) =>
      compileExpression(part(f.at).node, bindPositions(["at"])),
    );
    const property = fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(read.map((part) => part([date.getTime()]))).toEqual([
        date.getUTCHours() * 60 + date.getUTCMinutes(),
        date.getUTCHours(),
        // ISO 8601 numbers Sunday 7.
        date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
      ]);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

describe("the hash of an expression", () => {
  test("is that of equal definitions, and changes with every part", () => {
    const again = columnsOf({ ...schema });
    expect(expressionHash(again.x.plus(1))).toBe(expressionHash(f.x.plus(1)));
    const different = [
      f.x.plus(1),
      f.x.plus(2),
      f.n.plus(1),
      f.x.minus(1),
      f.x.plus(f.n),
      f.n.plus(f.x),
      f.word.eq("word"),
      f.word.eq(f.word),
      f.word.eq("1"),
      f.word.ne("1"),
      f.n.eq(1),
    ];
    expect(new Set(different.map(expressionHash)).size).toBe(different.length);
  });
});
