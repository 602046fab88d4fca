import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { start } from "../support/command.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const state = fileURLToPath(new URL("../../examples/flights/.millwright-rows", import.meta.url));

const figures = [
  "rows",
  "train_rows",
  "test_rows",
  "test_auc",
  "test_auc_low",
  "test_auc_high",
  "no_window_auc",
  "baseline_auc",
  "log_loss",
  "ece",
  "replayed",
  "online_offline_mismatches",
  "realized_auc",
  "p50_ms",
  "p95_ms",
  "p99_ms",
  "predictions_per_second",
  "drifted",
  "seconds",
  "peak_rss_mb",
];

const demo = (...args: string[]) =>
  start(process.execPath, ["examples/flights/demo.js", ...args], root).ended;

afterAll(() => rm(state, { recursive: true, force: true }));

test("the demo on the first 60,000 flights does the whole job and prints its figures", async () => {
  const { code, stdout, stderr } = await demo("--rows", "60000", "--json");
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.trim().split("\n");
  expect(lines).toHaveLength(1);
  const result = JSON.parse(lines[0]) as Record<string, number>;
  expect(Object.keys(result)).toEqual(figures);
  expect(result.rows).toBe(60_000);
  // Rows whose labels may still change are in no part.
  expect(result.train_rows + result.test_rows).toBeLessThanOrEqual(60_000);
  expect(result.train_rows + result.test_rows).toBeGreaterThan(50_000);
  expect(result.replayed).toBe(result.test_rows);
  expect(result.online_offline_mismatches).toBe(0);
  expect(result.realized_auc).toBe(result.test_auc);
  expect(result.test_auc).toBeGreaterThan(0.6);
});

test("a demo that is killed while it serves leaves nothing behind, and the same command works", async () => {
  const killed = start(process.execPath, ["examples/flights/demo.js", "--rows", "60000", "--json"], root);
  const stderr = killed.child.stderr as NodeJS.ReadableStream;
  await new Promise<void>((resolve) => {
    stderr.on("data", (text: string) => {
      if (text.includes("replayed as live traffic")) resolve();
    });
  });
  killed.child.kill("SIGKILL");
  // Its commands share its standard error: the pipe closes when the last of them is gone.
  expect((await killed.ended).signal).toBe("SIGKILL");
  expect((await demo("--rows", "60000", "--json")).code).toBe(0);
});

test.each([[["--rows", "ten"]], [["--rows", "5"]], [["--nonsense"]]])("%j is wrong usage", async (args) => {
  expect((await demo(...args)).code).toBe(2);
});
