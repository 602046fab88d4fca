import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { functionSuite, type TestFunction } from "./function-suite.testing.js";
import { randomSearch, tpe, type Search } from "./search.js";
import {
  choice,
  float,
  integer,
  positionOf,
  valueAt,
  type JudgedTrial,
  type NumberDimension,
  type Parameters,
  type Space,
} from "./space.js";
import { runTuning, tune, type TuneOptions } from "./tune.js";

const space: Space = {
  rate: float(0.001, 1, { log: true }),
  depth: integer(2, 9),
  kind: choice("a", "b", true),
};

/** The smallest value that a search finds. */
function minimum({ space, of }: TestFunction, search: Search, seed: number, trials = 60): number {
  const judged: JudgedTrial[] = [];
  for (let i = 0; i < trials; i++) {
    const parameters = search.propose({ space, seed, trials: judged });
    judged.push({ parameters, loss: of(parameters) });
  }
  return Math.min(...judged.map(({ loss }) => loss ?? Infinity));
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

describe("a space", () => {
  test("whole numbers take equal shares of it, and every value lies where it came from", () => {
    const die = integer(1, 6) as NumberDimension;
    const counts = new Map<number, number>();
    for (let i = 0; i < 6_000; i++) {
      const value = valueAt(die, (i + 0.5) / 6_000);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts]).toEqual([1, 2, 3, 4, 5, 6].map((value) => [value, 1_000]));
    const numbers = fc.record({
      low: fc.double({ min: 1e-3, max: 10, noNaN: true }),
      width: fc.double({ min: 0.1, max: 1e3, noNaN: true }),
      log: fc.boolean(),
    });
    const property = fc.property(
      numbers,
      fc.double({ min: 0, max: 1, noNaN: true }),
      ({ low, width, log }, position) => {
        const dimension = float(low, low + width, { log });
        if (dimension.kind === "choice") throw new TypeError("float() made a choice");
        expect(positionOf(dimension, valueAt(dimension, position))).toBeCloseTo(position, 6);
      },
    );
    fc.assert(property);
  });

  test.each<[string, () => unknown]>([
    ["bounds in the wrong order", () => float(2, 1)],
    ["a part of a whole number", () => integer(1, 2.5)],
    ["a scale of factors from 0", () => float(0, 1, { log: true })],
    ["a choice of one", () => choice("a")],
    ["an infinite bound", () => float(0, Infinity)],
    ["an empty space", () => tune({ space: {}, trials: 1 })],
  ])("refuses %s with MW0532", (_, make) => {
    expect(make).toThrow(/MW0532/);
  });
});

describe("a search", () => {
  const searches = { random: randomSearch(), tpe: tpe() };

  test.each(["random", "tpe"] as const)(
    "%s proposes the same again, and only what is in the space",
    (name) => {
      const losses = fc.array(fc.option(fc.double({ noNaN: true }), { nil: undefined }), { maxLength: 40 });
      const property = fc.property(losses, fc.nat(1_000), (given, seed) => {
        const trials: JudgedTrial[] = [];
        for (const loss of given) {
          const parameters = searches[name].propose({ space, seed, trials });
          trials.push(loss === undefined ? { parameters } : { parameters, loss });
        }
        const proposed = searches[name].propose({ space, seed, trials });
        expect(searches[name].propose({ space, seed, trials: [...trials] })).toEqual(proposed);
        const { rate, depth, kind } = proposed;
        expect(rate).toBeGreaterThanOrEqual(0.001);
        expect(rate).toBeLessThanOrEqual(1);
        expect([2, 3, 4, 5, 6, 7, 8, 9]).toContain(depth);
        expect(["a", "b", true]).toContain(kind);
      });
      fc.assert(property, { numRuns: 30 });
    },
  );

  test("tpe finds lower values than random search on the function suite, at 60 trials each", () => {
    const seeds = Array.from({ length: 9 }, (_, seed) => seed);
    for (const problem of functionSuite) {
      const of = (search: Search) => median(seeds.map((seed) => minimum(problem, search, seed)));
      expect([problem.name, of(tpe()) < of(randomSearch())]).toEqual([problem.name, true]);
    }
  });
});

describe("tuning", () => {
  const quadratic = ({ x }: Parameters) => (Number(x) - 3) ** 2;
  const options: TuneOptions = { space: { x: float(0, 10) }, trials: 12 };
  const run = (
    tuning: Partial<TuneOptions>,
    judge = (p: Parameters, _share: number) => Promise.resolve<number | null>(quadratic(p)),
  ) => runTuning(tune({ ...options, ...tuning }), { judge });

  test("reports every trial and the best", async () => {
    const { trials, best } = await run({});
    expect(trials).toHaveLength(12);
    const losses = trials.map(({ losses: [loss] }) => loss ?? Infinity);
    expect(losses[best]).toBe(Math.min(...losses));
    expect(losses).toEqual(trials.map(({ parameters }) => quadratic(parameters)));
  });

  test("does not depend on which of the parallel trials ends first", async () => {
    let calls = 0;
    const late = async (parameters: Parameters) => {
      const turns = (calls++ * 7) % 5;
      for (let i = 0; i < turns; i++) await Promise.resolve();
      return quadratic(parameters);
    };
    expect(await run({ parallel: 4, trials: 30 }, late)).toEqual(await run({ parallel: 4, trials: 30 }));
  });

  test("halves: a third of the trials goes on, with three times the rows", async () => {
    const seen = new Map<number, number>();
    const judge = (parameters: Parameters, share: number) => {
      seen.set(share, (seen.get(share) ?? 0) + 1);
      return Promise.resolve(quadratic(parameters));
    };
    const { trials, best } = await run({ trials: 18, halving: {} }, judge);
    expect([...seen]).toEqual([
      [1 / 9, 18],
      [1 / 3, 6],
      [1, 2],
    ]);
    expect(trials[best].losses).toHaveLength(3);
    expect(trials.filter(({ losses }) => losses.length === 3)).toHaveLength(2);
  });

  test("a trial that fails is the worst of all; when all fail there is no result", async () => {
    let calls = 0;
    const { trials, best } = await run({}, (p) => Promise.resolve(calls++ % 2 === 0 ? null : quadratic(p)));
    expect(trials[best].losses[0]).not.toBeNull();
    await expect(run({}, () => Promise.resolve(null))).rejects.toMatchObject({ code: "MW0533" });
  });

  test("ends when it is cancelled", async () => {
    const controller = new AbortController();
    let calls = 0;
    const judge = (parameters: Parameters) => {
      if (++calls === 3) controller.abort();
      return Promise.resolve(quadratic(parameters));
    };
    await expect(runTuning(tune(options), { judge, signal: controller.signal })).rejects.toMatchObject({
      code: "MW0105",
    });
    expect(calls).toBe(3);
  });
});
