import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { isMillwrightError } from "../../kernel/index.js";
import { count, distinct, topValue } from "../definition/aggregation.js";
import { keyCodes } from "../definition/entity-key.js";
import { columnsOut, foldAnswers, foldInput, oracleAnswers, type Asked } from "./fold-answers.testing.js";
import { openFold } from "./fold-run.js";
import { settleTexts, textCoders } from "./fold-texts.js";
import { groupsOf, jobOf, orderByTime, type Fold } from "./fold.js";
import { countedValues, exactQuantile, naiveAnswer } from "../proof/naive-features.testing.js";
import {
  anchoredRows,
  awkwardKeys,
  emptyRow,
  plainKeys,
  received,
  schema,
  times,
  type LoggedRow,
  type Row,
} from "../proof/random-rows.testing.js";
import { randomSource, type Question, type RandomSource } from "../definition/random-views.testing.js";
import { view, type View } from "../definition/view.js";

const noKey = { place: null, number: null, kind: null };

/** Rows, and questions about them: at random, and at the edges of the windows of the rows themselves. */
function scenario(keys = plainKeys): fc.Arbitrary<Asked> {
  return anchoredRows(keys).chain(({ anchorMs, rows }) => {
    const edge = fc.record({
      row: fc.nat(Math.max(0, rows.length - 1)),
      minutes: fc.constantFrom(0, 1, 7, 30, 59, 60, 180, 719, 720, 1_500, 17_280, 57_600, 527_040),
      offsetMs: fc.constantFrom(-1, 0, 1),
    });
    const atEdge = edge.map(({ row, minutes, offsetMs }) => {
      const at = rows.length > 0 ? rows[row].at : 0;
      return at + minutes * 60_000 + offsetMs;
    });
    const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 10 });
    const question = fc.record({
      place: maybe(fc.oneof(keys.place, keys.place, fc.constant("unknown"))),
      number: maybe(fc.oneof(keys.number, keys.number, fc.constant(99))),
      kind: maybe(keys.kind),
      timeMs: fc.oneof(times(anchorMs), atEdge),
    });
    return fc.record({
      log: fc.tuple(...rows.map(received)),
      questions: fc.array(question, { maxLength: 25 }),
    });
  });
}

async function expectOracle(source: RandomSource, asked: Asked): Promise<void> {
  const expected = oracleAnswers(source, asked);
  for (const [i, { view }] of source.views.entries()) {
    expect(await foldAnswers(view, asked)).toEqual(expected[i]);
  }
}

describe("fold equals the naive oracle to the last bit", () => {
  test.each([
    ["texts", ["place"], 400],
    ["whole numbers", ["number"], 200],
    ["of two parts", ["place", "number"], 200],
  ] as const)("keys being %s", async (_, keyColumns, numRuns) => {
    await fc.assert(fc.asyncProperty(randomSource({ keyColumns }), scenario(), expectOracle), { numRuns });
  });

  test("keys being of parts that could run into each other", async () => {
    const awkward = randomSource({ keyColumns: ["place", "kind", "number"] });
    await fc.assert(fc.asyncProperty(awkward, scenario(awkwardKeys), expectOracle), { numRuns: 200 });
    const two = randomSource({ keyColumns: ["kind", "place"] });
    await fc.assert(fc.asyncProperty(two, scenario(awkwardKeys), expectOracle), { numRuns: 200 });
  });

  test("rings being used again over years, and no old event coming back", async () => {
    const year = 365 * 86_400_000;
    const property = fc.asyncProperty(
      randomSource({ keyColumns: ["place"] }),
      fc.array(fc.integer({ min: -2 * year, max: 2 * year }), { minLength: 30, maxLength: 60 }),
      async (random, ats) => {
        const log = ats.map((at, i): LoggedRow => {
          const lag = i % 3 === 0 ? 40_000 : 0;
          const late = i % 2 === 0;
          const row = { at, place: "JFK", number: 1, lag, delay: i, amount: i / 3, late, kind: "x" };
          return { row, receivedMs: null };
        });
        const questions = ats.map((at, i) => ({ ...noKey, place: "JFK", timeMs: at + 1 + i * 3_600_000 }));
        await expectOracle(random, { log, questions });
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});

describe("fold", () => {
  test("does not depend on the order of the rows", async () => {
    const source = randomSource({ keyColumns: ["place"] });
    const shuffled = scenario().chain((asked) =>
      fc.record({
        asked: fc.constant(asked),
        log: fc.shuffledSubarray([...asked.log], { minLength: asked.log.length }),
      }),
    );
    const property = fc.asyncProperty(source, shuffled, async ({ views }, { asked, log }) => {
      for (const { view } of views) {
        expect(await foldAnswers(view, { ...asked, log })).toEqual(await foldAnswers(view, asked));
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test("in parts answers every question once, and as a whole", async () => {
    const property = fc.asyncProperty(
      randomSource({ keyColumns: ["place", "number"] }),
      scenario(),
      fc.integer({ min: 1, max: 4 }),
      async ({ views: [{ view }] }, asked, of) => {
        const input = foldInput(view, asked);
        const answered = foldInParts(view, input, of);
        expect(columnsOut(input)).toEqual(await foldAnswers(view, asked));
        expect(answered).toBe(asked.questions.length);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test("gives quantiles within 1 % of the order statistic", async () => {
    const property = fc.asyncProperty(
      randomSource({ keyColumns: ["place"] }),
      scenario(),
      async (source, asked) => {
        const log = source.naiveEvents(asked.log);
        for (const { view, clock, features } of source.views) {
          const columns = await foldAnswers(view, asked);
          features
            .filter(({ text }) => text !== true)
            .forEach((feature, f) => {
              if (feature.kind !== "quantile") return;
              asked.questions.forEach((question, q) => {
                const counted = countedValues({ clock, feature }, log, source.naiveQuestion(question));
                const values = counted.map(({ value }) => value as number);
                const exact = exactQuantile(values, feature.parameter as number);
                const bound = Math.max(1e-6, Math.abs(exact ?? NaN) * 0.01);
                if (exact === null) expect(columns[f][q]).toBeNaN();
                else expect(Math.abs((columns[f][q] as number) - exact)).toBeLessThanOrEqual(bound);
              });
            });
        }
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});

/** Folds the groups of entities by turns on several parts, as threads do, the last group first. */
function foldInParts(view: View, { events, questions, out }: Fold, of: number): number {
  const eventKeys = keyCodes(view.keyColumns.map((name) => events.table.columns[name]));
  const whole = { view, events, eventKeys, asked: questions, lookups: [{ keys: questions.keys, out }] };
  const groups = groupsOf(whole, of);
  const job = jobOf(whole, groups);
  const coders = Array.from({ length: of }, (_, index) => textCoders(job.lookups, { index, of }));
  const opened = coders.map((part) => openFold(job, part));
  let answered = 0;
  for (let group = groups.weights.length - 1; group >= 0; group--) {
    const answer = opened[group % of](group);
    for (let done = answer(3); done > 0; done = answer(3)) answered += done;
  }
  settleTexts(
    whole.lookups,
    coders.map((part) => part.dictionaries()),
  );
  return answered;
}

describe("fold over many values", () => {
  const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
  const many = view("many", {
    source,
    entity: { thing: "place" },
    features: (f) => ({
      numbers: distinct(f.delay).over("3h"),
      texts: distinct(f.kind).over("25h"),
      often: topValue(f.delay).over("3h"),
      word: topValue(f.kind, 2).over("25h"),
    }),
  });
  const meanings = [
    { kind: "distinct", value: ({ delay }: Row) => delay, windowMs: 3 * 3_600_000 },
    { kind: "distinct", value: ({ kind }: Row) => kind, windowMs: 25 * 3_600_000 },
    { kind: "top", parameter: 1, value: ({ delay }: Row) => delay, windowMs: 3 * 3_600_000 },
    { kind: "top", parameter: 2, text: true, value: ({ kind }: Row) => kind, windowMs: 25 * 3_600_000 },
  ] as const;

  test.each([254, 255, 256, 257, 999, 1_000, 1_001, 3_000])(
    "counts %d distinct values as the sketch of their set does, and knows the top of up to 1,000",
    async (size) => {
      // Every value twice, at times of their own; the last question is about the window that is moving out.
      const log = Array.from({ length: 2 * size }, (_, i): LoggedRow => {
        const value = (i * 7_919) % size;
        return {
          row: { ...emptyRow, place: "JFK", at: (i % 97) * 60_000 + i, delay: value, kind: `w${value}` },
          receivedMs: null,
        };
      });
      const questions = [6_000_000, 10_800_000, 12_300_000, 90_000_000].map((timeMs): Question => {
        return { ...noKey, place: "JFK", timeMs };
      });
      const naive = log.map(({ row, receivedMs }) => {
        return { row, receivedMs, key: [row.place], statedMs: row.at, declaredMs: undefined };
      });
      const expected = meanings.map((feature) =>
        questions.map(({ timeMs }) =>
          naiveAnswer({ clock: "event", feature }, naive, { key: ["JFK"], timeMs }),
        ),
      );
      expect(await foldAnswers(many, { log, questions })).toEqual(expected);
      const [distincts, , tops] = expected;
      expect(Math.abs((distincts[0] as number) - size)).toBeLessThanOrEqual(size <= 256 ? 0 : 0.05 * size);
      expect(Number.isNaN(tops[0])).toBe(size > 1_000);
    },
  );
});

describe("fold over many questions", () => {
  const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
  const hourly = view("hourly", {
    source,
    entity: { thing: "place" },
    features: () => ({ n: count().over("1h") }),
  });
  const about = (place: string): LoggedRow => ({ row: { ...emptyRow, place }, receivedMs: null });

  test("keeps hundreds of entities apart", async () => {
    // Entity i has i events; a state begins with room for 64 entities.
    const names = Array.from({ length: 300 }, (_, i) => `P${i}`);
    const log = names.flatMap((place, i) => Array.from({ length: i }, () => about(place)));
    const questions = names.map((place) => ({ ...noKey, place, timeMs: 1 }));
    expect(await foldAnswers(hourly, { log, questions })).toEqual([names.map((_, i) => i)]);
  });

  test("tells its progress and stops when it is cancelled", async () => {
    const questions = Array.from({ length: 1 << 16 }, (_, i) => ({ ...noKey, place: "P0", timeMs: i }));
    const asked = { log: [about("P0")], questions };
    const seen: number[] = [];
    await foldAnswers(hourly, asked, { onProgress: (answered) => seen.push(answered) });
    expect(seen).toEqual([65_536]);
    const cancelled = foldAnswers(hourly, asked, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toSatisfy((error) => isMillwrightError(error, "MW0105"));
  });

  test("leaves out a question without a time", async () => {
    const timeMs = Float64Array.of(5, NaN, 2, 2);
    expect([...orderByTime(timeMs)]).toEqual([2, 3, 0]);
  });
});
