import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { edited, temporaryFolders, tripsConfig } from "../../../test/support/trips.js";
import { openProject } from "../../compose/index.js";
import { scalingGraph } from "../../inference/tensor-graphs.testing.js";
import { importModel } from "../versions/import-model.js";
import { loadTest, type LoadJob, type LoadTarget, type LoadTestRequest } from "./load-test.js";
import { latestOf } from "../live/live-predictions.js";
import { pretendServer } from "./pretend-server.testing.js";
import { findSource, type Project } from "../project.js";
import { snapshotData } from "../train/snapshot-data.js";

const folders = temporaryFolders();
const opened: Project[] = [];
let project: Project;
let bare: Project;

async function open(config: string): Promise<Project> {
  const one = await openProject(await folders.project({ config }));
  opened.push(one);
  return one;
}
beforeAll(async () => {
  const slo = "slo: { p95Ms: 50, availability: 0.95, peakPerSecond: 400 },";
  project = await open(edited(tripsConfig, "slo: { p95Ms: 1000 },", slo));
  bare = await open(tripsConfig);
  await snapshotData(project, findSource(project, "trips"));
  await importModel(project, { name: "doubler", graph: scalingGraph(2) });
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await folders.removeAll();
});

/** A server in this process that takes 2 ms for a request, and what it was asked. */
function pretendTarget(): {
  readonly target: LoadTarget;
  readonly jobs: LoadJob[];
  readonly tried: string[];
} {
  const jobs: LoadJob[] = [];
  const tried: string[] = [];
  const target: LoadTarget = {
    url: "http://127.0.0.1:1",
    try(path, body) {
      tried.push(`${path} ${body}`);
      return Promise.resolve({ status: 200, text: "{}" });
    },
    send(job, { onProgress }) {
      jobs.push(job);
      onProgress(job.plan.intendedMs.length);
      return Promise.resolve(pretendServer(job.plan, { serviceMs: 2, queue: 20 }));
    },
  };
  return { target, jobs, tried };
}

const request = (target: LoadTarget, more: Partial<LoadTestRequest> = {}): LoadTestRequest => ({
  ...{ model: "late-trip", target, seconds: 1, arrivals: "constant", ...more },
});

describe("the load test of a model of features", () => {
  test("steps up to twice the peak that is declared, judges by its objective, and is kept", async () => {
    const { target, jobs } = pretendTarget();
    const result = await loadTest(project, request(target, { live: "load" }));
    expect(result).toMatchObject({
      ...{ model: "late-trip", peakPerSecond: 400, objective: { p95Ms: 50, availability: 0.95 } },
      ...{ verdict: { state: "met" }, sustained: { share: 1 }, requestsFrom: "2,000 rows of source trips" },
    });
    expect(jobs[0]).toMatchObject({
      path: "/v1/models/late-trip/predict",
      timeoutMs: 10_000,
      connections: 256,
    });
    const log = await project.readLog("load", "load-tests");
    expect(await latestOf(log, () => true)).toEqual(result);
  });

  test("sends rows of the dataset, each once, with the fields of a request alone; the seed draws them", async () => {
    const bodiesOf = async (seed: number) => {
      const { target, jobs, tried } = pretendTarget();
      await loadTest(project, request(target, { seed }));
      expect(tried).toEqual([`${jobs[0].path} ${jobs[0].bodies[0]}`]);
      return jobs[0].bodies;
    };
    const bodies = await bodiesOf(1);
    expect(new Set(bodies).size).toBe(2000);
    expect(Object.keys(JSON.parse(bodies[0]) as object).sort()).toEqual([
      ...["at", "city", "distance", "rain", "vehicle"],
    ]);
    expect(await bodiesOf(1)).toEqual(bodies);
    expect(await bodiesOf(2)).not.toEqual(bodies);
  });

  test("another rate, other steps, another objective, lines of a file", async () => {
    const { target, jobs } = pretendTarget();
    const result = await loadTest(
      project,
      request(target, {
        ...{ peakPerSecond: 100, shares: [1], objective: { p95Ms: 1 }, lines: '{"a":1}\n\n {"a":2}\r\n' },
      }),
    );
    expect(jobs[0].bodies).toEqual(['{"a":1}', '{"a":2}']);
    expect(jobs[0].path).toBe("/v1/models/late-trip/predict");
    expect(result).toMatchObject({
      ...{ peakPerSecond: 100, objective: { p95Ms: 1, availability: 0.95 }, verdict: { state: "missed" } },
    });
    expect(result.steps).toHaveLength(1);
  });
});

test("an imported graph is asked over the open protocol for inputs that are made up", async () => {
  const { target, jobs } = pretendTarget();
  const result = await loadTest(project, request(target, { model: "doubler", peakPerSecond: 100 }));
  expect(jobs[0].path).toBe("/v2/models/doubler/infer");
  const { inputs } = JSON.parse(jobs[0].bodies[2]) as { inputs: { data: number[] }[] };
  expect(inputs).toEqual([
    { name: "x", datatype: "FP32", shape: [3, 2], data: expect.any(Array) as number[] },
  ]);
  expect(inputs[0].data.filter(Number.isFinite)).toHaveLength(6);
  expect(result.objective).toEqual({ p95Ms: 100, availability: 0.999 });
  const lines = await loadTest(project, request(target, { model: "doubler", peakPerSecond: 9, lines: "{}" }));
  expect([jobs[1].path, lines.requestsFrom]).toEqual(["/v2/models/doubler/infer", "1 lines of a file"]);
});

describe("what cannot be tested", () => {
  const code = (expected: string, text = "") =>
    expect.objectContaining({ code: expected, message: expect.stringContaining(text) as string }) as Error;

  test("a model that is misspelt, and one without a peak", async () => {
    const { target, tried } = pretendTarget();
    await expect(loadTest(bare, request(target, { model: "late-tripp" }))).rejects.toEqual(
      code("MW1101", "late-trip"),
    );
    await expect(loadTest(bare, request(target))).rejects.toEqual(code("MW1175", "--rate"));
    await expect(loadTest(project, request(target, { model: "doubler" }))).rejects.toEqual(code("MW1175"));
    expect(tried).toEqual([]);
  });

  test("no dataset, and a file of other things", async () => {
    const { target } = pretendTarget();
    const rate = { peakPerSecond: 10 };
    await expect(loadTest(bare, request(target, rate))).rejects.toEqual(code("MW1177", "millwright data"));
    await expect(loadTest(bare, request(target, { ...rate, lines: "\n" }))).rejects.toEqual(code("MW1177"));
    const lines = '{"a":1}\n[2]';
    await expect(loadTest(bare, request(target, { ...rate, lines }))).rejects.toEqual(
      code("MW1177", '"[2]" in line 2'),
    );
  });

  test("a server that is down, or refuses, is told before any load", async () => {
    const { target, jobs } = pretendTarget();
    const down: LoadTarget = { ...target, try: () => Promise.reject(new Error("connect ECONNREFUSED")) };
    await expect(loadTest(project, request(down))).rejects.toEqual(code("MW1178", "ECONNREFUSED"));
    const denying: LoadTarget = { ...target, try: () => Promise.resolve({ status: 401, text: "no key" }) };
    await expect(loadTest(project, request(denying))).rejects.toEqual(code("MW1178", "401 no key"));
    expect(jobs).toEqual([]);
  });

  test("a generator that ends leaves no result", async () => {
    const { target } = pretendTarget();
    const dying: LoadTarget = { ...target, send: () => Promise.reject(new Error("exit code 1")) };
    await expect(loadTest(project, request(dying, { live: "dead" }))).rejects.toEqual(
      code("MW1179", "exit code 1"),
    );
    expect(await latestOf(await project.readLog("dead", "load-tests"), () => true)).toBeUndefined();
  });
});
