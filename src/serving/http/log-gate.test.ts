import { expect, test } from "vitest";
import { manualClock } from "../../kernel/index.js";
import { createLogGate } from "./log-gate.js";

test("one message a second of each name, and the number of those between", () => {
  const clock = manualClock();
  const gate = createLogGate(clock);
  expect([gate("MW1013"), gate("MW1013"), gate("MW0306"), gate("MW1013")]).toEqual([
    0,
    undefined,
    0,
    undefined,
  ]);
  clock.advance(999);
  expect(gate("MW1013")).toBeUndefined();
  clock.advance(1);
  expect([gate("MW1013"), gate("MW1013"), gate("MW0306")]).toEqual([3, undefined, 0]);
});
