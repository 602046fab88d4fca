import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { slowServer, type SlowServer } from "../../src/cli/load/slow-server.testing.js";
import type { LoadTestResult } from "../../src/lifecycle/index.js";
import { failure, runCommand, runJson, startCommand } from "../support/command.js";
import { startServer, type Server } from "../support/server.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

const folders = temporaryFolders();
let folder = "";
let server: Server;
let slow: SlowServer;

beforeAll(async () => {
  // Whatever the machine: no answer takes a minute.
  const slo = "slo: { p95Ms: 60_000, availability: 0.9, peakPerSecond: 100 },";
  folder = await folders.project({ config: edited(tripsConfig, "slo: { p95Ms: 1000 },", slo) });
  await runJson(folder, ["train", "late-trip"]);
  server = await startServer(folder, "--live", "load");
  slow = await slowServer();
}, 120_000);
afterAll(async () => {
  await slow.close();
  await server.stop();
  await folders.removeAll();
});

const brief = ["loadtest", "late-trip", "--arrivals", "constant", "--seconds", "1"];

test("a server that keeps its promise at the peak: exit code 0, a page, and every prediction in its log", async () => {
  const page = join(folder, "load.html");
  const args = [...brief, "--steps", "100,200", "--url", server.url, "--live", "load", "--html", page];
  const result = await runJson<LoadTestResult & { page: string }>(folder, args);
  expect(result).toMatchObject({
    ...{ peakPerSecond: 100, interrupted: false, page, sustained: { share: 2 } },
    ...{ verdict: { state: "met" }, recovery: { state: "recovered" } },
  });
  expect(result.steps.map(({ requests, good }) => [requests, good])).toEqual([
    ...[
      [100, 100],
      [200, 200],
    ],
  ]);
  expect(await readFile(page, "utf8")).toContain("late-trip: load test");
  const { body } = await server.get("/metrics");
  // A trial, a warm-up of a second at the lowest rate, the two steps, and half the peak.
  expect(String(body)).toMatch(/^millwright_predictions_total\{[^}]*model="late-trip"[^}]*\} 451$/m);
}, 60_000);

test("a server that does not: exit code 1, and why", async () => {
  const args = [...brief, "--steps", "100", "--p95", "0.001", "--url", server.url];
  const { code, stdout } = await runCommand(folder, ...args, "--quiet");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^At the declared peak: missed\. The 95th percentile lies between/m);
  expect(stdout).toContain("Sustained: no step met the objective.");
}, 60_000);

test("Ctrl-C prints what was measured until then", async () => {
  let answered = 0;
  slow.onRequest((held) => {
    if (answered++ < 10) held.answer(200);
  });
  const running = startCommand(folder, ...brief, "--seconds", "600", "--url", slow.url, "--json", "--quiet");
  await slow.received(12);
  running.child.kill("SIGINT");
  const { code, stdout } = await running.ended;
  expect(code).toBe(1);
  const result = JSON.parse(stdout) as LoadTestResult;
  expect(result).toMatchObject({ interrupted: true, verdict: { state: "insufficient" } });
}, 60_000);

test("what is wrong is told before any load", async () => {
  slow.onRequest(undefined);
  const before = slow.held.length;
  const cases = [
    [["--url", slow.url, "--timeout", "100"], 3, "MW1178", "no answer in 100 ms"],
    [["--url", `${server.url}/v1`], 2, "MW1201", "--url"],
    [["--steps", "50,200"], 2, "MW1176", "100 %"],
    [["--file", "missing.ndjson"], 2, "MW1201", "--file"],
    [["--header", "no colon"], 2, "MW1201", "Name: value"],
  ] as const;
  for (const [more, exit, code, text] of cases) {
    const found = await failure(folder, [...brief, ...more]);
    expect([found.exit, found.error.code]).toEqual([exit, code]);
    expect(JSON.stringify(found.error)).toContain(text);
  }
  expect(slow.held.length).toBe(before + 1);
}, 120_000);
