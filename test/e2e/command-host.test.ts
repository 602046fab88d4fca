import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandHost, runCommand, type Ended } from "../support/command.js";
import { temporaryFolders } from "../support/trips.js";

// Most files of many short cases call commands in one process; here each kind of end is held against a process of its own.

const folders = temporaryFolders();
const host = commandHost();
let trained = "";

beforeAll(async () => {
  trained = await folders.project();
  expect((await runCommand(trained, "train", "--quiet")).code).toBe(0);
});
afterAll(async () => {
  await host.close();
  await folders.removeAll();
});

/** What differs between any two runs. */
const comparable = ({ stdout, ...ended }: Ended) => ({
  ...ended,
  stdout: stdout.replace(/"seconds":[\d.e-]+,"peak_rss_mb":\d+/, "figures"),
});

test.each([
  ["success, for people", 0, ["models", "show", "late-trip"]],
  ["success, for machines", 0, ["features", "list", "--json"]],
  ["no command", 0, ["--version"]],
  ["a check that says no", 1, ["evaluate", "--from", "2030-01-01", "--to", "2030-02-01"]],
  ["an error, for people", 2, ["train", "late-tripp"]],
  ["an error, for machines", 2, ["train", "late-tripp", "--json"]],
  ["wrong usage, for people", 2, ["train", "--thread", "1"]],
  ["wrong usage, for machines", 2, ["train", "--thread", "1", "--json"]],
])("%s: in one process for many as in its own", async (_, code, args) => {
  const own = await runCommand(trained, ...args);
  expect(own.code).toBe(code);
  expect(comparable(await host.runCommand(trained, ...args))).toEqual(comparable(own));
});

test("a failure, and a project that changed between two runs", async () => {
  const folder = await folders.project();
  await writeFile(join(folder, ".millwright"), "mine");
  const own = await runCommand(folder, "runs");
  expect(own.code).toBe(3);
  expect(await host.runCommand(folder, "runs")).toEqual(own);
  await rm(join(folder, ".millwright"));
  expect(await host.runCommand(folder, "runs")).toMatchObject({ code: 0, stderr: "" });
});
