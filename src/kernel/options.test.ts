import { describe, expect, test } from "vitest";
import { throwIfCancelled } from "./cancel.js";
import { manualClock, systemClock } from "./clock.js";
import { checkNumber, rejectUnknownKeys } from "./options.js";

const codeOf = (code: string, facts: object = {}) => expect.objectContaining({ code, ...facts }) as Error;

describe("options", () => {
  test("may have known keys alone; the message names the nearest", () => {
    expect(() => rejectUnknownKeys({ trees: 1 }, ["trees", "leaves"], "gbdt()")).not.toThrow();
    expect(() => rejectUnknownKeys({ trees: 1, leafs: 2 }, ["trees", "leaves"], "gbdt()")).toThrow(
      codeOf("MW0103", { found: '"leafs"', remedy: 'Did you mean "leaves"?', details: { key: "leafs" } }),
    );
    expect(() => rejectUnknownKeys({ constructor: 1 }, ["trees"], "gbdt()")).toThrow(codeOf("MW0103"));
  });

  test("that are numbers lie within inclusive bounds", () => {
    const range = { min: 1, max: 3 };
    for (const value of [1, 2.5, 3]) expect(checkNumber(value, "x", range)).toBe(value);
    for (const value of [0.999, 3.001, NaN, Infinity, "2", null, undefined, {}]) {
      expect(() => checkNumber(value, "x", range)).toThrow(codeOf("MW0104"));
    }
  });

  test("that are whole numbers are whole", () => {
    const range = { min: 1, max: 3, whole: true };
    expect(checkNumber(2, "x", range)).toBe(2);
    expect(() => checkNumber(2.5, "x", range)).toThrow(
      codeOf("MW0104", { expected: "x to be a whole number from 1 to 3", found: "2.5" }),
    );
  });
});

describe("cancellation", () => {
  test("throws MW0105 with its reason once the signal has fired", () => {
    const controller = new AbortController();
    expect(() => throwIfCancelled(undefined)).not.toThrow();
    expect(() => throwIfCancelled(controller.signal)).not.toThrow();
    controller.abort("enough");
    expect(() => throwIfCancelled(controller.signal)).toThrow(codeOf("MW0105", { cause: "enough" }));
  });
});

describe("a clock", () => {
  test("by hand stands still until it is told to move", () => {
    const clock = manualClock(5);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5, 5]);
    clock.advance(10);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([15, 15]);
    expect(manualClock().nowMs()).toBe(0);
  });

  test("of the system counts from 1970 and, monotonically, never back", () => {
    expect(systemClock.nowMs()).toBeGreaterThan(Date.UTC(2024, 0, 1));
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
  });
});
