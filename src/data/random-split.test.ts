import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byGroup, stratified } from "./random-split.js";
import { splitPart, type SplitRows } from "./split.js";

const rowCount = 400;
const drawn = fc.record({
  classes: fc.array(fc.nat(2), { minLength: rowCount, maxLength: rowCount }),
  groups: fc.array(fc.nat(30), { minLength: rowCount, maxLength: rowCount }),
  unknown: fc.uniqueArray(fc.nat(rowCount - 1), { maxLength: 20 }),
  seed: fc.nat(2 ** 32 - 2),
});

function rowsOf({ classes, groups, unknown }: { classes: number[]; groups: number[]; unknown: number[] }) {
  const times = new Float64Array(rowCount);
  for (const row of unknown) times[row] = NaN;
  const outcome = Float64Array.from(classes);
  return { times, outcome, classes: true, groups: Int32Array.from(groups) } satisfies SplitRows;
}

const count = <T>(values: Iterable<T>, value: T) => [...values].filter((other) => other === value).length;

describe("byGroup", () => {
  it("keeps every group in one part, the asked share of them in the test, and forgets rows without a time", () => {
    const property = fc.property(drawn, (given) => {
      const rows = rowsOf(given);
      const parts = byGroup({ column: "user", testShare: 0.3, seed: given.seed }).assign(rows);
      const partsOf = new Map<number, Set<number>>();
      parts.forEach((part, row) => {
        expect(part === splitPart.none).toBe(given.unknown.includes(row));
        if (part === splitPart.none) return;
        partsOf.set(given.groups[row], (partsOf.get(given.groups[row]) ?? new Set()).add(part));
      });
      for (const seen of partsOf.values()) expect(seen.size).toBe(1);
      const tested = [...partsOf.values()].filter((seen) => seen.has(splitPart.test)).length;
      expect(tested).toBe(Math.round(partsOf.size * 0.3));
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("holds whole groups of the training rows back", () => {
    const rows = rowsOf({
      classes: Array.from({ length: rowCount }, () => 0),
      groups: [...Array(rowCount).keys()].map((row) => row % 20),
      unknown: [],
    });
    const split = byGroup({ column: "user", testShare: 0.5 });
    const train = Uint32Array.from(rows.times.keys()).filter((row) => row % 20 < 10);
    const { fit, held } = split.hold(rows, train, 0.2);
    expect([...fit, ...held].sort((a, b) => a - b)).toEqual([...train]);
    expect(new Set(Array.from(held, (row) => row % 20)).size).toBe(2);
    expect(new Set(Array.from(fit, (row) => row % 20)).size).toBe(8);
  });
});

describe("stratified", () => {
  it("tests the asked share of every class, the same rows for the same seed", () => {
    const property = fc.property(drawn, (given) => {
      const rows = rowsOf(given);
      const parts = stratified({ testShare: 0.25, seed: given.seed }).assign(rows);
      for (const name of [0, 1, 2]) {
        const members = [...parts].filter(
          (part, row) => part !== splitPart.none && given.classes[row] === name,
        );
        expect(count(members, splitPart.test)).toBe(Math.round(members.length * 0.25));
      }
      expect(stratified({ testShare: 0.25, seed: given.seed }).assign(rows)).toEqual(parts);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("tests the asked share of every tenth of the values", () => {
    const outcome = Float64Array.from({ length: 100 }, (_, row) => (row * 37) % 100);
    const parts = stratified({ testShare: 0.2 }).assign({
      times: new Float64Array(100),
      outcome,
      classes: false,
    });
    for (let tenth = 0; tenth < 10; tenth++) {
      const members = [...parts].filter((_, row) => Math.floor(outcome[row] / 10) === tenth);
      expect(count(members, splitPart.test)).toBe(2);
    }
  });

  it.each<[string, () => unknown]>([
    ["a share of everything", () => stratified({ testShare: 1 })],
    ["groups without a column", () => byGroup({ column: "", testShare: 0.5 })],
    [
      "a class of one row and nothing else",
      () =>
        stratified({ testShare: 0.2 }).assign({
          times: new Float64Array(1),
          outcome: new Float64Array(1),
          classes: true,
        }),
    ],
  ])("refuses %s with MW0209, and not in the words of a split by time", (_, make) => {
    expect(make).toThrow(/MW0209/);
    expect(make).not.toThrow(/byTime/);
  });

  it("says how many groups there are when they cannot be divided", () => {
    const split = byGroup({ column: "user", testShare: 0.3 });
    const rows = (groups: number[]): SplitRows => ({
      ...{ times: new Float64Array(groups.length), outcome: new Float64Array(groups.length), classes: true },
      groups: Int32Array.from(groups),
    });
    expect(() => split.assign(rows([0, 0, 0]))).toThrow(/MW0209.*values of "user": 1, in 3 rows/);
    expect(() => split.assign(rows([-1, -1]))).toThrow(/MW0209.*values of "user": 0, in 2 rows/);
    expect(() => split.hold(rows([0, 0, 0, 1]), Uint32Array.of(0, 1, 2), 0.5)).toThrow(
      /training part more rows/,
    );
  });
});
