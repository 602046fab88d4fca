import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import { edited, temporaryFolders, tripsConfig } from "../../../test/support/trips.js";
import { inferenceErrors, type SessionFactory } from "../../inference/index.js";
import { sha256 } from "../../kernel/index.js";
import { readPackage } from "../../registry/index.js";
import { hostModels } from "../hosting/host-models.js";
import { lineage } from "../versions/lineage.js";
import { readPredictions } from "./live-predictions.js";
import { readPrediction } from "./live-records.js";
import type { LiveProject } from "./live-project.js";
import { monitor } from "../watch/monitor.js";
import { openLiveProject } from "./open-live-project.js";
import type { Project } from "../project.js";
import { train } from "../train/train.js";
import { verifyFeatures } from "../views/verify-features.js";

const simpleModel = `
export const simpleTrip = model("simple-trip", {
  task: "binary",
  label: (f) => f.delay.gt(5),
  matureAfter: "1d",
  spine: trips.at("at"),
  features: { request: { at: t.timestamp(), distance: t.int().between(1, 500) } },
  split: byTime({ trainShare: 0.7 }),
  trainer: gbdt({ trees: 3, leaves: 4 }),
  gates: [atLeast("auc", 0.01)],
});

export default`;

const serving = `models: [lateTrip, simpleTrip],
  serving: {
    models: {
      "late-trip": {
        breaker: { lastCalls: 4, minCalls: 4, openFor: "1m" },
        fallback: [{ model: "simple-trip" }, { lastKnown: { maxAge: "1h" } }, { default: { probability: 0.25 } }],
      },
    },
  },`;

const config = edited(edited(tripsConfig, "export default", simpleModel), "models: [lateTrip]", serving);

const folders = temporaryFolders();
let project: Project;
/** Graphs, by their hash, whose engine fails. */
const ill = new Set<string>();
const graphs: Record<string, string> = {};

/** The real engine, until a graph is ill. */
function failingSessions(sessions: SessionFactory): SessionFactory {
  return {
    engine: sessions.engine,
    async open(graph, options) {
      const session = await sessions.open(graph, options);
      const hash = sha256(graph);
      const run: typeof session.run = async (numeric, rows, text) => {
        if (!ill.has(hash)) return session.run(numeric, rows, text);
        throw inferenceErrors.error("MW0705", { expected: "an engine", found: "none", remedy: "Mend it." });
      };
      return { ...session, run };
    },
  };
}

beforeAll(async () => {
  const opened = await openProject(await folders.project({ config }));
  for (const { name } of opened.models) {
    const { packageId } = await train(opened, name);
    graphs[name] = (await readPackage(packageId, opened.blobs)).modelHash;
  }
  project = { ...opened, sessions: failingSessions(opened.sessions) };
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});
beforeEach(() => ill.clear());

const asOfMs = Date.parse("2024-01-20T00:00Z");
const trip = (distance: number, minutes = 0) => ({
  ...{ city: "Delft", vehicle: "van", distance, rain: null },
  at: asOfMs + minutes * 60_000,
});

async function withLive<T>(live: string, work: (live: LiveProject) => Promise<T>): Promise<T> {
  const opened = await openLiveProject(project, { live, asOfMs });
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

test("a simpler model, the last known answer and the default stand in, in this order, and the answer says so", async () => {
  await withLive("order", async (live) => {
    const own = await live.predict("late-trip", trip(10));
    expect(own).not.toHaveProperty("fallback");
    const simple = await live.predict("simple-trip", { distance: 10, at: asOfMs });
    expect(simple.probability).not.toBe(own.probability);

    ill.add(graphs["late-trip"]);
    const bySimple = await live.predict("late-trip", trip(10));
    expect(bySimple).toMatchObject({ model: "late-trip", version: "1", probability: simple.probability });
    expect(bySimple.fallback).toEqual({ by: "simple-trip@1", because: "MW0705" });

    ill.add(graphs["simple-trip"]);
    // The same question at another time, and one that was never answered.
    const known = await live.predict("late-trip", trip(10, 30));
    expect(known).toMatchObject({
      probability: own.probability,
      fallback: { by: "last known", because: "MW0705" },
    });
    const other = await live.predict("late-trip", trip(11));
    expect(other).toMatchObject({ probability: 0.25, fallback: { by: "default", because: "MW0705" } });
  });
});

test("the breaker opens, the model is left alone, and the answers go on", async () => {
  await withLive("breaker", async (live) => {
    expect(live.breakerState?.("late-trip")).toBe("closed");
    expect(live.breakerState?.("simple-trip")).toBeUndefined();
    ill.add(graphs["late-trip"]);
    for (let i = 0; i < 4; i++) await live.predict("late-trip", trip(20 + i));
    expect(live.breakerState?.("late-trip")).toBe("open");
    // It is well again, and nobody asks it before its pause is over.
    ill.clear();
    const { fallback } = await live.predict("late-trip", trip(30));
    expect(fallback).toEqual({ by: "simple-trip@1", because: "MW0715" });
  });
});

test("callers that speak tensors are told as well", async () => {
  await withLive("tensors", async (live) => {
    const host = await hostModels(project, live, { models: [] });
    ill.add(graphs["late-trip"]);
    const texts = (...data: string[]) => ({ dtype: "string" as const, shape: [data.length], data });
    const { origin, outputs } = await host.find("late-trip").infer({
      city: texts("Delft"),
      vehicle: texts("van"),
      at: texts("2024-01-20T00:00:00Z"),
      distance: { dtype: "int64", shape: [1], data: BigInt64Array.of(10n) },
    });
    expect(origin).toEqual({ kind: "fallback", by: "simple-trip@1", because: "MW0705" });
    expect(outputs.probability.shape).toEqual([1]);
    await host.close();
  });
});

test("what stood in is in the log, and is not counted as the model's own", async () => {
  const { id } = await withLive("evidence", async (live) => {
    await live.predict("late-trip", trip(10));
    ill.add(graphs["late-trip"]);
    ill.add(graphs["simple-trip"]);
    const stoodIn = await live.predict("late-trip", trip(11));
    await live.feedback([{ id: stoodIn.id, label: true }]);
    return stoodIn;
  });
  const lines: string[] = [];
  for await (const { records } of (await project.readLog("evidence", "predictions")).read(1))
    lines.push(...records);
  expect(lines.map((line) => readPrediction(line).fallback)).toEqual([
    undefined,
    { by: "default", because: "MW0705" },
  ]);
  const request = { model: "late-trip", live: "evidence" };
  expect(await readPredictions(project, "late-trip", "evidence")).toHaveLength(1);
  expect(await verifyFeatures(project, request)).toMatchObject({ predictions: 1, mismatches: 0 });
  const nowMs = asOfMs + 10 * 86_400_000;
  expect(await monitor(project, { ...request, nowMs })).toMatchObject({
    windows: [{ predictions: 1 }],
    realised: { labelled: 0 },
  });
  const origin = await lineage(project, { of: id, live: "evidence" });
  expect(origin).toMatchObject({ prediction: { id, fallback: { by: "default", because: "MW0705" } } });
});

test("where nothing but stand-ins answered there is nothing to judge", async () => {
  await withLive("none", async (live) => {
    ill.add(graphs["late-trip"]);
    await live.predict("late-trip", trip(10));
  });
  await expect(readPredictions(project, "late-trip", "none")).rejects.toMatchObject({
    code: "MW1111",
    found: "1 answers that something else gave in its place",
  });
});

test("a call that was given up or whose deadline is over is neither computed nor logged, nor stood in for", async () => {
  const tickMs = project.clock.monotonicMs();
  await withLive("patience", async (live) => {
    for (const name of ["late-trip", "simple-trip"]) {
      const request = name === "late-trip" ? trip(10) : { distance: 10, at: asOfMs };
      const gone = live.predict(name, request, { signal: AbortSignal.abort() });
      await expect(gone).rejects.toMatchObject({ code: "MW0712" });
      const late = live.predict(name, request, { deadlineMs: tickMs });
      await expect(late).rejects.toMatchObject({ code: "MW0711" });
      const inTime = await live.predict(name, request, { deadlineMs: tickMs + 1e9, priority: 1 });
      expect(inTime).not.toHaveProperty("fallback");
    }
  });
  expect(await readPredictions(project, "late-trip", "patience")).toHaveLength(1);
});

test("a fallback without a champion is warned of", async () => {
  const registry = {
    ...project.registry,
    models: async () => (await project.registry.models()).filter((name) => name !== "simple-trip"),
  };
  const warnings: string[] = [];
  const live = await openLiveProject(
    { ...project, registry },
    { live: "absent", asOfMs, onWarning: ({ code, message }) => warnings.push(`${code} ${message}`) },
  );
  await live.close();
  expect(warnings).toEqual([expect.stringMatching(/^MW1106 .*"simple-trip"/s)]);
});
