import { describe, expect, it } from "vitest";
import { seededInputs } from "./seeded-probes.js";
import { tensorProblem, tensorTypes } from "./tensor.js";

const spec = (dtype: string, ...shape: (number | null)[]) => ({ name: dtype, dtype, shape });
const every = {
  inputs: tensorTypes.map((dtype) => spec(dtype, null, 2)),
};

describe("inputs made up from a signature", () => {
  it("are sound, of every type, with free dimensions of 1 to 3, and the same in every run", () => {
    const sets = seededInputs(every, 10);
    expect(sets.map(({ float32 }) => float32.shape)).toEqual([1, 2, 3, 1, 2, 3, 1, 2].map((n) => [n, 2]));
    for (const set of sets) {
      expect(Object.keys(set)).toEqual(every.inputs.map(({ name }) => name));
      expect(Object.values(set).map(tensorProblem)).toEqual(every.inputs.map(() => undefined));
    }
    expect(seededInputs(every, 10)).toEqual(sets);
    for (const whole of tensorTypes.filter((dtype) => /^u?int/.test(dtype))) {
      const numbers = sets.flatMap((set) => Array.from<unknown, number>(set[whole].data, Number));
      expect(numbers.every((number) => number >= 0 && number < 10)).toBe(true);
      expect(new Set(numbers).size).toBeGreaterThan(5);
    }
  });

  it("keep whole numbers in their range", () => {
    for (const range of [1, 2]) {
      const numbers = seededInputs(every, range).flatMap(({ int64 }) => [...int64.data].map(Number));
      expect(Math.max(...numbers)).toBe(range - 1);
    }
  });

  it("are fewer when they are large, and none when they are huge", () => {
    expect(seededInputs({ inputs: [spec("float32", null, 3, 224, 224)] }, 10)).toHaveLength(1);
    expect(seededInputs({ inputs: [spec("float32", null, 0)] }, 10)).toHaveLength(8);
    for (const shape of [[2 ** 40], [null, 2 ** 31, 2 ** 31], [2 ** 22 + 1]]) {
      expect(() => seededInputs({ inputs: [spec("float32", ...shape)] }, 10)).toThrow(
        expect.objectContaining({ code: "MW0634" }) as Error,
      );
    }
  });
});
