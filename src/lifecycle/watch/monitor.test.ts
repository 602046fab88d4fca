import { afterAll, beforeAll, expect, test } from "vitest";
import { writePrediction } from "../live/live-records.js";
import { monitor } from "./monitor.js";
import type { Project } from "../project.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
let project: Project;
beforeAll(async () => {
  trained = await trainedProject();
  project = trained.project;
});
afterAll(() => trained.close());

const dayMs = 86_400_000;
const firstDay = Date.parse("2024-02-05T00:00Z");

interface Served {
  readonly atMs: number;
  readonly probability: number;
  readonly label?: 0 | 1;
  readonly latencyMs?: number;
}

/** Writes what a server would have logged. */
async function logged(live: string, served: readonly Served[]): Promise<void> {
  const predictions = await project.openLog(live, "predictions");
  const labels = await project.openLog(live, "labels");
  // Number features of the model: three windows, distance, rain and the hour.
  const numbers = Float32Array.of(1, 0.2, 20, 100, 2, 9);
  const common = { model: "late-trip", version: 1, events: {}, request: [], numbers, texts: ["van"] };
  for (const [i, { atMs, probability, label, latencyMs = 1 }] of served.entries()) {
    const id = `p-x-${i + 1}`;
    await predictions.append([
      writePrediction({ ...common, id, atMs, asOfMs: atMs, outputs: [probability], latencyMs }),
    ]);
    if (label !== undefined) await labels.append([JSON.stringify({ id, label, atMs })]);
  }
  await predictions.close();
  await labels.close();
}

test("windows begin with the day of the first prediction; one that the present cuts is partial", async () => {
  const at = (day: number) => ({ atMs: firstDay + day * dayMs, probability: 0.5 });
  await logged("windows", [at(8.5), at(0.4), at(6.9), at(7)]);
  const windowsAt = async (nowMs: number) => {
    const { windows } = await monitor(project, { model: "late-trip", live: "windows", nowMs });
    return windows.map(({ window, predictions }) => [
      (window.startMs - firstDay) / dayMs,
      predictions,
      window.partial,
    ]);
  };
  // By hand: seven days each, from the first midnight; the second is whole once its fourteen days have passed.
  expect(await windowsAt(firstDay + 9 * dayMs)).toEqual([
    [0, 2, false],
    [7, 2, true],
  ]);
  expect(await windowsAt(firstDay + 14 * dayMs)).toEqual([
    [0, 2, false],
    [7, 2, false],
  ]);
  expect(await windowsAt(firstDay + 400 * dayMs)).toHaveLength(2);
});

test("drift counts only in whole windows", async () => {
  const served = Array.from({ length: 1500 }, (_, i) => ({
    atMs: firstDay + i * 1000,
    probability: 0.99,
    latencyMs: 2,
  }));
  await logged("drift", served);
  const cut = await monitor(project, { model: "late-trip", live: "drift", nowMs: firstDay + 3 * dayMs });
  const stateOf = ({ windows }: typeof cut) =>
    windows[0].drift.find(({ name }) => name === "prediction")?.state;
  expect([stateOf(cut), cut.drifted]).toEqual(["drift", []]);
  const whole = await monitor(project, { model: "late-trip", live: "drift", nowMs: firstDay + 7 * dayMs });
  expect(stateOf(whole)).toBe("drift");
  expect(whole.drifted).toContain("prediction");
});

test("realised figures are those of the labels that came; the last label of a prediction counts", async () => {
  const served: Served[] = [
    { atMs: firstDay, probability: 0.9, label: 1 },
    { atMs: firstDay + 1, probability: 0.6, label: 0 },
    { atMs: firstDay + 2, probability: 0.4, label: 1 },
    { atMs: firstDay + 3, probability: 0.1, label: 0 },
    { atMs: firstDay + 4, probability: 0.8 },
  ];
  await logged("realised", served);
  const request = { model: "late-trip", live: "realised", nowMs: firstDay + 30 * dayMs };
  // By hand: of the four pairs of a positive and a negative, three are in order.
  const first = await monitor(project, request);
  expect(first.realised).toEqual({ labelled: 4, auc: 0.75 });
  expect(first.windows[0]).toMatchObject({ predictions: 5, observedRate: 0.5 });
  expect(first.windows[0].meanPrediction).toBeCloseTo(0.56, 12);
  const labels = await project.openLog("realised", "labels");
  await labels.append([JSON.stringify({ id: "p-x-3", label: 0, atMs: firstDay })]);
  await labels.close();
  expect((await monitor(project, request)).realised).toEqual({ labelled: 4, auc: 1 });
});

test("without labels there is no figure, and without predictions nothing to judge", async () => {
  await logged("unlabelled", [{ atMs: firstDay, probability: 0.5 }]);
  const request = { model: "late-trip", live: "unlabelled", nowMs: firstDay + 30 * dayMs };
  const result = await monitor(project, request);
  expect(result.realised).toEqual({ labelled: 0, auc: null });
  expect(result.windows[0]).toMatchObject({ observedRate: null, performance: { state: "insufficient" } });
  await expect(monitor(project, { ...request, live: "empty" })).rejects.toMatchObject({ code: "MW1111" });
});

test("a request dated a thousand years back does not make fifty thousand windows", async () => {
  const ancient = { atMs: Date.parse("1024-02-05T00:00Z"), probability: 0.5 };
  await logged("ancient", [ancient, { atMs: firstDay + dayMs, probability: 0.5 }]);
  const nowMs = firstDay + 30 * dayMs;
  const { windows } = await monitor(project, { model: "late-trip", live: "ancient", nowMs });
  expect(windows).toHaveLength(200);
  expect(windows.at(-1)?.predictions).toBe(1);
});
