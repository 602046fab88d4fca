import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import { boundedAnswers } from "./bounded-answers.js";
import { row } from "./resilience.testing.js";
import { sizeOfTensors } from "./tensor-bytes.js";

interface Step {
  readonly kind: "get" | "set" | "wait";
  readonly key: string;
  /** Elements, and milliseconds to wait or to live. */
  readonly n: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom("get", "set", "set", "wait"),
    key: fc.constantFrom("a", "b", "c", "d", "e"),
    n: fc.nat(40),
  }),
  { maxLength: 60 },
);

/** The same in plain words: a list from the one used last to the one used longest ago. */
function naive(entries: number, sizeBytes: number) {
  let list: { key: string; outputs: Tensors; untilMs: number }[] = [];
  const total = () => list.reduce((sum, { outputs }) => sum + sizeOfTensors(outputs), 0);
  return {
    get(key: string, nowMs: number): Tensors | undefined {
      list = list.filter((one) => one.key !== key || one.untilMs > nowMs);
      const found = list.find((one) => one.key === key);
      if (found !== undefined) list = [found, ...list.filter((one) => one !== found)];
      return found?.outputs;
    },
    set(key: string, outputs: Tensors, untilMs: number) {
      list = list.filter((one) => one.key !== key);
      if (sizeOfTensors(outputs) > sizeBytes) return;
      list.unshift({ key, outputs, untilMs });
      while (list.length > entries || total() > sizeBytes) list.pop();
    },
    size: () => ({ entries: list.length, sizeBytes: total() }),
  };
}

describe("answers within bounds", () => {
  it("are those of a list that is walked through", () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 300, max: 1500 }),
        (all, n, bytes) => {
          const clock = manualClock();
          const answers = boundedAnswers({ entries: n, sizeBytes: bytes }, clock);
          const oracle = naive(n, bytes);
          for (const [i, step] of all.entries()) {
            const nowMs = clock.monotonicMs();
            if (step.kind === "wait") clock.advance(step.n);
            else if (step.kind === "get") expect(answers.get(step.key)).toEqual(oracle.get(step.key, nowMs));
            else {
              const outputs = { y: row(...Array.from({ length: step.n }, () => i)) };
              answers.set(step.key, outputs, step.n + 1);
              oracle.set(step.key, outputs, nowMs + step.n + 1);
            }
            expect(answers.size()).toEqual(oracle.size());
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("belong to nobody: what goes in and what comes out may be changed", () => {
    const answers = boundedAnswers({ entries: 1, sizeBytes: 1000 }, manualClock());
    const given = { y: row(1) };
    answers.set("a", given, 1);
    (given.y.data as Float32Array).fill(2);
    const first = answers.get("a") ?? {};
    expect(first).toEqual({ y: row(1) });
    (first["y"].data as Float32Array).fill(3);
    expect(answers.get("a")).toEqual({ y: row(1) });
  });

  it("do not take one that is larger than all may be", () => {
    const answers = boundedAnswers({ entries: 9, sizeBytes: 1000 }, manualClock());
    expect(answers.set("a", { y: row(1) }, 1)).toBe(true);
    expect(answers.set("a", { y: row(...Array<number>(300).fill(0)) }, 1)).toBe(false);
    expect(answers.get("a")).toBeUndefined();
    expect(answers.size()).toEqual({ entries: 0, sizeBytes: 0 });
  });
});
