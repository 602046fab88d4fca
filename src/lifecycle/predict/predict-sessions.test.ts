import { expect, test } from "vitest";
import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import type { SessionFactory, SessionOptions } from "../../inference/index.js";
import { identityGraph, loopGraph } from "../../inference/tensor-graphs.testing.js";
import { predictingSessions } from "./predict-sessions.js";

/** Where a graph is computed when so many sessions predict. */
async function placeOf(
  graph: Uint8Array,
  count: number,
): Promise<Pick<SessionOptions, "apart" | "inThread">> {
  const asked: SessionOptions[] = [];
  const sessions: SessionFactory = {
    engine: onnxruntimeSessions.engine,
    open: (bytes, options) => {
      asked.push(options);
      return onnxruntimeSessions.open(bytes, options);
    },
  };
  const session = await predictingSessions({ sessions }, count).open(graph, { threads: 1 });
  await session.dispose();
  const [{ threads, ...place }] = asked;
  expect(threads).toBe(1);
  return place;
}

test("several sessions compute in threads, and where a graph might never end in processes that can be ended", async () => {
  expect(await placeOf(identityGraph(["n", 2]), 2)).toEqual({ inThread: true });
  expect(await placeOf(loopGraph(3), 2)).toEqual({ apart: { limitMs: 600_000 } });
  for (const graph of [identityGraph(["n", 2]), loopGraph(3)]) expect(await placeOf(graph, 1)).toEqual({});
});
