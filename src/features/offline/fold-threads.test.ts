import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { isMillwrightError, seededRng, type Rng } from "../../kernel/index.js";
import { count, distinct, first, last, max, mean, std, sum, topValue } from "../definition/aggregation.js";
import { keyCodes } from "../definition/entity-key.js";
import { columnsOut, foldInput } from "./fold-answers.testing.js";
import { foldOnThreads } from "./fold-threads.js";
import { shared } from "./fold-groups.js";
import { foldHere, type Fold, type FoldedView, type ViewFold } from "./fold.js";
import { emptyRow, schema, type LoggedRow } from "../proof/random-rows.testing.js";
import type { Question } from "../definition/random-views.testing.js";
import { view } from "../definition/view.js";

const source = events("things", {
  from: parquet("a.parquet"),
  schema,
  eventTime: "at",
  availableAt: (f) => f.at.plus(f.lag.times(60_000)),
});
const byPlace = view("by_place", {
  source,
  entity: { thing: "place" },
  features: (f) => ({
    n: count().over("3h"),
    mean: mean(f.amount).over("25h"),
    spread: std(f.delay).over("3h"),
    highest: max(f.delay).where(f.kind.ne("x")).over("12d"),
    kinds: distinct(f.kind).over("3h"),
    word: last(f.kind).over("3h"),
    often: topValue(f.kind).over("25h"),
  }),
});
const byTwo = view("by_two", {
  source,
  entity: { thing: ["kind", "number"] },
  clock: "available",
  features: (f) => ({ total: sum(f.amount).over("90s"), start: first(f.place).over("7d") }),
});

/** A few entities with many events, many with few. */
const skewed = (rng: Rng) => `P${Math.floor(60 * rng.next() ** 4)}`;

function randomLog(rng: Rng, size: number): LoggedRow[] {
  return Array.from({ length: size }, () => ({
    row: {
      at: rng.below(3 * 86_400_000),
      place: rng.below(50) === 0 ? null : skewed(rng),
      number: rng.below(4),
      lag: rng.below(9) === 0 ? null : rng.below(200),
      delay: rng.below(500) - 60,
      amount: (rng.next() - 0.5) * 1000,
      late: null,
      kind: ["x", "y", "", "é", null][rng.below(5)],
    },
    receivedMs: null,
  }));
}

const randomQuestions = (rng: Rng, size: number): Question[] =>
  Array.from({ length: size }, () => ({
    place: rng.below(20) === 0 ? null : skewed(rng),
    number: rng.below(5),
    kind: ["x", "y", "z"][rng.below(3)],
    timeMs: rng.below(5 * 86_400_000),
  }));

function whole(folded: FoldedView, { events, questions, out }: Fold): ViewFold {
  const eventKeys = keyCodes(folded.keyColumns.map((name) => events.table.columns[name]));
  return { view: folded, events, eventKeys, asked: questions, lookups: [{ keys: questions.keys, out }] };
}

/** The same fold with its answers in memory that threads share. */
function inSharedMemory(given: Fold): Fold {
  const { numbers, texts } = given.out;
  const out = {
    numbers: numbers.map(({ length }) => shared(Float32Array, length).fill(-7)),
    texts: texts.map(({ codes }) => ({ codes: shared(Int32Array, codes.length).fill(-2), dictionary: [] })),
  };
  return { ...given, out };
}

describe("a fold on threads", () => {
  test("answers as the fold on one thread does, whatever the number of threads", async () => {
    const property = fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 4 }), async (seed, threads) => {
      const rng = seededRng(seed);
      const asked = { log: randomLog(rng, rng.below(1500)), questions: randomQuestions(rng, rng.below(900)) };
      const views = [byPlace, byTwo];
      const here = views.map((one) => foldInput(one, asked));
      const there = here.map(inSharedMemory);
      await foldHere(views.map((one, i) => whole(one, here[i])));
      await foldOnThreads(
        views.map((one, i) => whole(one, there[i])),
        { threads },
      );
      views.forEach((_, i) => {
        expect(columnsOut(there[i])).toEqual(columnsOut(here[i]));
        const dictionaries = (one: Fold) => one.out.texts.map(({ dictionary }) => dictionary);
        expect(dictionaries(there[i])).toEqual(dictionaries(here[i]));
      });
    });
    await fc.assert(property, { numRuns: 8 });
  });

  const rng = seededRng(7);
  const asked = { log: randomLog(rng, 50), questions: randomQuestions(rng, 50) };

  test("tells the progress of all threads together", async () => {
    const seen: number[] = [];
    const one = whole(byPlace, inSharedMemory(foldInput(byPlace, asked)));
    await foldOnThreads([one], { threads: 3, onProgress: (answered) => seen.push(answered) });
    expect(Math.max(...seen)).toBe(50);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
  });

  test("is over when it is cancelled, before and while it runs", async () => {
    const one = () => [whole(byPlace, inSharedMemory(foldInput(byPlace, asked)))];
    const before = foldOnThreads(one(), { threads: 2, signal: AbortSignal.abort() });
    await expect(before).rejects.toMatchObject({ code: "MW0105" });
    const controller = new AbortController();
    const running = foldOnThreads(one(), { threads: 2, signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "MW0105" });
  });

  test("gives a coded error of its events as the fold on one thread does", async () => {
    const log = [{ row: { ...emptyRow, place: "P0", amount: 1e12, lag: 0 }, receivedMs: null }];
    const questions = [{ place: "P0", number: 1, kind: "x", timeMs: 5 }];
    const running = foldOnThreads([whole(byPlace, inSharedMemory(foldInput(byPlace, { log, questions })))], {
      threads: 2,
    });
    await expect(running).rejects.toSatisfy((error) => isMillwrightError(error, "MW0303"));
  });

  test("refuses columns that its threads could not write", async () => {
    const running = foldOnThreads([whole(byPlace, foldInput(byPlace, asked))], { threads: 2 });
    await expect(running).rejects.toThrow(/shared memory/);
  });

  test("says MW0310 when a worker dies", async () => {
    const slots = byPlace.plan.slots.map((slot) => ({
      ...slot,
      value: { op: "nonsense", args: [] } as never,
    }));
    const broken = { ...byPlace, plan: { ...byPlace.plan, slots } };
    const running = foldOnThreads([whole(broken, inSharedMemory(foldInput(byPlace, asked)))], { threads: 2 });
    await expect(running).rejects.toMatchObject({ code: "MW0310" });
  });
});
