import { beforeEach, describe, expect, it } from "vitest";
import type { Run, RunStore } from "../../src/training/index.js";

const manifest = {
  dataset: "ds_1",
  seed: 7,
  split: { train: ["2001-01", "2001-04"] },
  note: null,
  ключ: "表",
};

/** What every store of runs and memoised steps must do. `make` gives an empty one. */
export function describeRunStoreContract(name: string, make: () => Promise<RunStore>): void {
  describe(`${name}: run store contract`, () => {
    let store: RunStore;
    beforeEach(async () => {
      store = await make();
    });
    const running = (id: string, startedAtMs: number, model = "delay"): Run => ({
      id,
      model,
      manifest,
      startedAtMs,
      status: "running",
    });
    const ids = (runs: readonly Run[]) => runs.map(({ id }) => id);

    it("knows nothing at first", async () => {
      expect(await store.findRun("r1")).toBeUndefined();
      expect(await store.listRuns()).toEqual([]);
      expect(await store.findStep("k")).toBeUndefined();
    });

    it.each(["finished", "failed", "killed"] as const)("keeps a run from running to %s", async (status) => {
      const run = running("r1", 1_000);
      await store.saveRun(run);
      expect(await store.findRun("r1")).toEqual(run);
      const ended: Run = { ...run, status, finishedAtMs: 2_500.5, metrics: { auc: 0.1 + 0.2, n: [1, null] } };
      await store.saveRun(ended);
      expect(await store.findRun("r1")).toEqual(ended);
      expect(await store.listRuns()).toEqual([ended]);
    });

    it("lists the latest started first, of one model if asked", async () => {
      await store.saveRun(running("r2", 2_000));
      await store.saveRun(running("r3", 3_000, "other"));
      await store.saveRun(running("r1", 1_000));
      expect(ids(await store.listRuns())).toEqual(["r3", "r2", "r1"]);
      expect(ids(await store.listRuns("delay"))).toEqual(["r2", "r1"]);
      expect(await store.listRuns("d%")).toEqual([]);
    });

    it("remembers the output of a step, the first one of a key", async () => {
      const step = {
        key: "k",
        name: "features",
        output: { blob: "a", rows: 3 },
        durationMs: 1.5,
        createdAtMs: 1,
      };
      await store.recordStep(step);
      await store.recordStep({ ...step, output: { blob: "b", rows: 3 } });
      expect(await store.findStep("k")).toEqual({ blob: "a", rows: 3 });
      expect(await store.findStep("K")).toBeUndefined();
    });

    it("remembers outputs that are falsy", async () => {
      for (const output of [null, 0, "", false]) {
        const key = JSON.stringify(output);
        await store.recordStep({ key, name: "step", output, durationMs: 0, createdAtMs: 0 });
        expect(await store.findStep(key)).toBe(output);
      }
    });

    it("keeps its own copy of what it is given", async () => {
      const output = { list: [1] };
      await store.recordStep({ key: "k", name: "step", output, durationMs: 0, createdAtMs: 0 });
      output.list.push(2);
      expect(await store.findStep("k")).toEqual({ list: [1] });
    });
  });
}
