import { hostname } from "node:os";
import { expect, test } from "vitest";
import { processWorkers } from "./process-workers.js";

const workers = processWorkers();

test("this process lives; one whose number is the same and whose start is not does not", () => {
  const self = workers.self();
  expect(self).toMatchObject({ host: hostname(), pid: process.pid });
  expect(workers.lives(self)).toBe(true);
  expect(workers.lives({ ...self, started: "another boot 1" })).toBe(false);
});

test("a number that no process has is gone", () => {
  // Beyond the largest number that Linux gives, 2 ** 22.
  expect(workers.lives({ ...workers.self(), pid: 2 ** 22 + 1 })).toBe(false);
});

test("a process of another machine cannot be seen", () => {
  expect(workers.lives({ ...workers.self(), host: "elsewhere.example" })).toBeUndefined();
});
