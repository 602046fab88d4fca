import { describe, expect, test } from "vitest";
import { runParity, type ParityResult } from "../../bench/parity/parity.js";
import { memoryStore, redisStore } from "../../bench/parity/stores.js";
import { redisProgram, redisServer } from "../support/redis-server.js";

const slice = { reads: 20_000, questionsPerWorld: 120 };

function expectParity({ examples, reads, mismatches, oracleReads, aggregations }: ParityResult): void {
  expect(examples).toEqual([]);
  expect(mismatches).toBe(0);
  expect(reads).toBeGreaterThanOrEqual(slice.reads);
  expect(oracleReads).toBeGreaterThan(1_000);
  // Every aggregation has its share.
  for (const tally of Object.values(aggregations)) expect(tally.reads).toBeGreaterThan(slice.reads / 20);
}

describe("reads of random worlds equal a fold of what they rest on, and the oracle", () => {
  test("in memory", async () => {
    expectParity(await runParity(memoryStore, { ...slice, seed: 1_000_001 }));
  });

  test.skipIf(redisProgram === undefined)("in Redis", async () => {
    const server = await redisServer();
    try {
      await server.start();
      expectParity(await runParity(redisStore(server.url), { ...slice, seed: 2_000_001 }));
    } finally {
      await server.remove();
    }
  });
});
