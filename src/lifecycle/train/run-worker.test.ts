import { expect, test } from "vitest";
import type { Run, RunWorkers } from "../../training/index.js";
import { statusOf, workedOn, workerOf } from "./run-worker.js";

const self = { host: "here", pid: 7, started: "monday" };
/** Process 7 lives, all others of this machine are gone. */
const workers: RunWorkers = {
  self: () => self,
  lives: ({ host, pid }) => (host === "here" ? pid === 7 : undefined),
};
const run = (manifest: Run["manifest"]): Run => ({
  ...{ id: "run-1", model: "m", startedAtMs: 0, status: "running", manifest },
});

test("a run is running while its process lives, and interrupted when that is gone", () => {
  const mine = run(workedOn({ workers }, { model: "m" }));
  expect(mine.manifest).toEqual({ model: "m", worker: self });
  expect(workerOf(mine)).toEqual(self);
  expect(statusOf({ workers }, mine)).toBe("running");
  expect(statusOf({ workers }, run({ worker: { ...self, pid: 8 } }))).toBe("interrupted");
});

test("what another machine works on stays running, and so does a run that names no process", () => {
  expect(statusOf({ workers }, run({ worker: { ...self, host: "there" } }))).toBe("running");
  expect(statusOf({ workers }, run({}))).toBe("running");
});

test("a run that ended is nobody's", () => {
  const ended: Run = { ...run({ worker: self }), status: "failed", finishedAtMs: 1, metrics: {} };
  expect([workerOf(ended), statusOf({ workers }, ended)]).toEqual([null, "failed"]);
});
