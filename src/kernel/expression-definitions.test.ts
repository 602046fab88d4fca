import { describe, expect, test } from "vitest";
import { columnsOf, when } from "./expression.js";
import { expressionJson } from "./expression-node.js";
import type { Expression } from "./expression-types.js";
import { canonicalJson } from "./hash.js";
import { t } from "./schema.js";
import { hourOfDay, isWeekend, minuteOfDay, month, startOf, unitsBetween, weekday } from "./time-parts.js";

const f = columnsOf({
  n: t.int(),
  x: t.float(),
  yes: t.bool(),
  word: t.string(),
  at: t.timestamp(),
});

const json = ({ node }: Expression) => canonicalJson(expressionJson(node));
const coded = (code: string) => expect.objectContaining({ code }) as Error;

describe("the canonical form of an expression", () => {
  test.each<[Expression, string]>([
    [f.n.plus(1), '{"args":[{"column":"n"},1],"op":"add"}'],
    [f.at.minus("1h"), '{"args":[{"column":"at"},3600000],"op":"sub"}'],
    [f.at.since(f.at), '{"args":[{"column":"at"},{"column":"at"}],"op":"sub"}'],
    [
      f.x.atLeast(0).atMost(f.n),
      '{"args":[{"args":[{"column":"x"},0],"op":"max"},{"column":"n"}],"op":"min"}',
    ],
    [f.n.gt(15).then(1, 0), '{"args":[{"args":[{"column":"n"},15],"op":"gt"},1,0],"op":"when"}'],
    [f.word.orElse("?").eq("a"), '{"args":[{"args":[{"column":"word"},"?"],"op":"orElse"},"a"],"op":"eq"}'],
    [
      f.yes.and(f.n.isNull()),
      '{"args":[{"column":"yes"},{"args":[{"column":"n"}],"op":"isNull"}],"op":"and"}',
    ],
    [
      minuteOfDay(f.at),
      '{"args":[{"args":[{"args":[{"column":"at"},86400000],"op":"mod"},60000],"op":"div"}],"op":"floor"}',
    ],
    [
      weekday(f.at),
      '{"args":[{"args":[{"args":[{"args":[{"args":[{"column":"at"},86400000],"op":"div"}],"op":"floor"},3],"op":"add"},7],"op":"mod"},1],"op":"add"}',
    ],
  ])("of what earlier versions could say has not changed: %#", (expression, expected) => {
    expect(json(expression)).toBe(expected);
  });

  test("holds what an operation needs besides values behind them", () => {
    expect(json(f.word.hash(100))).toBe('{"args":[{"column":"word"},100],"op":"hash"}');
    expect(json(f.x.bucket([0, 1.5]))).toBe('{"args":[{"column":"x"},0,1.5],"op":"bucket"}');
    expect(json(startOf(f.at, { unit: "day", zone: "Europe/Berlin" }))).toBe(
      '{"args":[{"column":"at"},"day","Europe/Berlin"],"op":"startOf"}',
    );
  });

  test("is one for definitions that mean the same: UTC is the default zone, −0 is 0, several orElse are one", () => {
    expect(json(hourOfDay(f.at, { zone: "UTC" }))).toBe(json(hourOfDay(f.at)));
    expect(json(f.x.plus(-0))).toBe(json(f.x.plus(0)));
    expect(f.x.plus(-0).node).toEqual(f.x.plus(0).node);
    expect(json(f.x.orElse(f.n, 0))).toBe(json(f.x.orElse(f.n).orElse(0)));
    expect(json(when(f.yes, "a").when(f.n.gt(1), "b").otherwise("c"))).toBe(
      json(f.yes.then("a", f.n.gt(1).then("b", "c"))),
    );
  });
});

describe("a definition that means nothing", () => {
  test.each<[string, () => unknown]>([
    ["an infinite constant", () => f.x.clamp(0, Infinity)],
    ["a constant that is no number", () => f.x.oneOf(1, NaN)],
    ["no constants", () => f.word.oneOf()],
    ["no edges", () => f.x.bucket([])],
    ["edges that do not increase", () => f.x.bucket([0, 5, 5])],
    ["an edge that is no number", () => f.x.bucket([0, NaN])],
    ["a width of nothing", () => f.x.widthBucket(0)],
    ["a width below nothing", () => f.x.widthBucket(-1)],
    ["an infinite origin", () => f.x.widthBucket(1, Infinity)],
    ["no hash buckets", () => f.word.hash(0)],
    ["half a hash bucket", () => f.n.hash(1.5)],
    ["more hash buckets than hashes", () => f.n.hash(2 ** 32 + 1)],
    ["too many decimals", () => f.x.round(16)],
    ["a part of a decimal", () => f.x.round(0.5)],
    ["bounds in the wrong order", () => f.x.clamp(1, 0)],
    ["a range in the wrong order", () => f.x.between(1, 0)],
    ["a position before the text", () => f.word.slice(-1)],
    ["an end before the start", () => f.word.slice(2, 1)],
    ["an empty text to replace", () => f.word.replace("", "x")],
    ["half of a surrogate pair", () => f.word.contains("\ud83d")],
    ["an unknown time zone", () => hourOfDay(f.at, { zone: "Europe/Atlantis" })],
    // @ts-expect-error -- not a unit
    ["an unknown unit of civil time", () => startOf(f.at, { unit: "fortnight" })],
    // @ts-expect-error -- not a unit
    ["an unknown unit of elapsed time", () => f.at.since(f.at, "weeks")],
  ])("is MW0104: %s", (_, define) => {
    expect(define).toThrow(coded("MW0104"));
  });

  test("is MW0103 for an option that does not exist, with the nearest one", () => {
    const options = { zome: "Europe/Berlin" };
    const error = { code: "MW0103", remedy: 'Did you mean "zone"?' };
    for (const define of [hourOfDay, weekday, month, isWeekend]) {
      // @ts-expect-error -- not an option
      expect(() => define(f.at, options)).toThrow(expect.objectContaining(error) as Error);
    }
    const start = { unit: "day", ...options } as const;
    expect(() => startOf(f.at, start)).toThrow(expect.objectContaining(error) as Error);
    expect(() => unitsBetween(f.at, f.at, start)).toThrow(expect.objectContaining(error) as Error);
  });
});

describe("an operand of the wrong type", () => {
  test("is a compile error, and MW0104 where nobody compiles", () => {
    const wrong = [
      // @ts-expect-error -- a text is no number
      () => f.n.plus(f.word),
      // @ts-expect-error -- nor is its constant
      () => f.n.gt("15"),
      // @ts-expect-error -- a condition is no number
      () => f.n.times(f.yes),
      // @ts-expect-error -- a number is no condition
      () => f.yes.and(f.n),
      // @ts-expect-error -- a number is no text
      () => f.word.concat(1),
      // @ts-expect-error -- a time is no number
      () => f.x.atLeast(f.at),
      // @ts-expect-error -- a number is no time
      () => f.at.lt(f.n),
      // @ts-expect-error -- a time is no duration
      () => f.at.plus(f.at),
      // @ts-expect-error -- two values of one type
      () => f.yes.then(1, "no"),
      // @ts-expect-error -- two values of one type
      () => f.yes.then(f.at, 0),
      // @ts-expect-error -- two values of one type
      () => when(f.yes, 1).otherwise("no"),
      // @ts-expect-error -- a condition first
      () => when(f.n, 1).otherwise(0),
      // @ts-expect-error -- texts are found among texts
      () => f.word.oneOf(1, 2),
      // @ts-expect-error -- constants alone
      () => f.n.oneOf(f.x),
      // @ts-expect-error -- constants alone
      () => f.word.replace(f.word, "x"),
      // @ts-expect-error -- a part of a time, not of a number
      () => month(f.n),
      // @ts-expect-error -- null comes from the data
      () => f.n.orElse(null),
      // @ts-expect-error -- not an expression at all
      () => f.n.plus({}),
    ];
    for (const define of wrong) expect(define).toThrow(coded("MW0104"));
  });

  test("is caught by the type of the result", () => {
    const text: { readonly type: "text" } = f.yes.then("a", f.word);
    const time: { readonly type: "time" } = f.yes.then(f.at, f.at.plus("1h"));
    const bool: { readonly type: "bool" } = when(f.yes, f.n.gt(1)).otherwise(false);
    // @ts-expect-error -- texts give a text
    const number: { readonly type: "number" } = f.yes.then("a", "b");
    expect([text, time, bool, number].map(({ type }) => type)).toEqual(["text", "time", "bool", "text"]);
    // @ts-expect-error -- texts have no arithmetic
    expect(f.word.plus).toBeUndefined();
  });
});
