import { describe, expect, test } from "vitest";
import { answerOf, outputsOfAnswer, type Answer } from "./answer.js";
import type { Task } from "./task.js";

const label = { op: "column", name: "x" } as const;
const binary: Task = { kind: "binary", label, matureAfterMs: 0 };
const classes: Task = { kind: "multiclass", label, matureAfterMs: 0, classes: ["a", "b", "c"] };
const value: Task = { kind: "regression", label, matureAfterMs: 0 };
const strange: Task = { kind: "anomaly", matureAfterMs: 0 };

describe("outputs of an answer", () => {
  test.each<[task: Task, answer: Answer, outputs: readonly number[]]>([
    [binary, { probability: 0.25 }, [0.25]],
    [binary, { probability: 0.25, set: [true, false] }, [0.25, 1, 1]],
    [classes, { label: "b" }, [0, 1, 0]],
    [classes, { label: "c", probabilities: { c: 0.5, b: 0.25, a: 0.25 } }, [0.25, 0.25, 0.5]],
    [classes, { label: "a", set: ["a"] }, [1, 0, 0, 1, 0, 0]],
    [value, { value: -3 }, [-3]],
    [value, { value: 2, interval: [1, 4] }, [2, 1, 4]],
    [strange, { score: 0.75 }, [0.75]],
  ])("%j", (task, answer, outputs) => {
    const made = outputsOfAnswer(task, answer, outputs.length);
    expect(made).toEqual(Float32Array.from(outputs));
    expect(answerOf(task, made as Float32Array)).toMatchObject({
      ...answer,
      ...(answer.set && { set: expect.any(Array) as [] }),
    });
  });

  test("take numbers that a graph would round", () => {
    expect(outputsOfAnswer(binary, { probability: 0.1 }, 1)).toEqual(Float32Array.of(0.1));
  });

  test.each<[why: string, task: Task, answer: Answer, width: number]>([
    ["a member is missing", binary, {}, 1],
    ["a member of another task", binary, { probability: 0.5, value: 1 }, 1],
    ["a share above 1", binary, { probability: 1.5 }, 1],
    ["not finite", value, { value: Infinity }, 1],
    ["an interval that the model does not give", value, { value: 1, interval: [0, 2] }, 1],
    ["without the interval that it gives", value, { value: 1 }, 3],
    ["an interval the wrong way round", value, { value: 1, interval: [2, 0] }, 3],
    ["an unknown class", classes, { label: "d", probabilities: { a: 1, b: 0, c: 0 } }, 3],
    [
      "a label that is not the most probable",
      classes,
      { label: "a", probabilities: { a: 0, b: 1, c: 0 } },
      3,
    ],
    ["a class without its share", classes, { probabilities: { a: 0.5, b: 0.5 } }, 3],
    ["a label that no set may hold", binary, { probability: 0.5, set: ["true"] }, 3],
  ])("are none: %s", (_why, task, answer, width) => {
    expect(outputsOfAnswer(task, answer, width)).toBeUndefined();
  });
});
