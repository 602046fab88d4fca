import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.js";

export default defineConfig({
  test: {
    setupFiles: ["test/support/property-seed.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Tests of the whole product start servers, stop processes and count what is left: each file in its own process.
      { extends: true, test: { name: "product", include: ["test/**/*.test.ts"] } },
      // The files of a worker share its modules: loading the engines costs more than most of these tests.
      { extends: true, test: { name: "rooms", include: ["src/**/*.test.ts"], isolate: false } },
    ],
  },
});
