import { describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import { manualClock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import { choosePlacement, warmGraph } from "./placement.js";
import { identityGraph } from "../tensor-graphs.testing.js";

const x = (rows: number): Tensors => ({
  x: { dtype: "float32", shape: [rows, 1], data: new Float32Array(rows) },
});

/** Identity of ONNX Runtime, whose runs take the times that are given, in turn. */
async function timed(dims: readonly (string | number)[], ...timesMs: number[]) {
  const session = await onnxruntimeSessions.open(identityGraph(dims), { threads: 1 });
  const clock = manualClock();
  const rows: number[] = [];
  const compute = async (inputs: Tensors) => {
    clock.advance(timesMs[rows.length % timesMs.length]);
    rows.push(inputs.x.shape[0]);
    return session.compute(inputs);
  };
  return { clock, rows, session: { ...session, compute } };
}

describe("where a graph computes", () => {
  it.each([
    [0.01, "inline"],
    [1, "inline"],
    [1.01, "worker"],
  ])("at %s ms a row: %s", (medianMs, placement) => {
    expect(choosePlacement(medianMs)).toBe(placement);
  });

  it("is for a limit of one's own", () => {
    expect(choosePlacement(1, 0.5)).toBe("worker");
  });
});

describe("warming up", () => {
  it("measures one row of each probe in turn", async () => {
    const { session, clock, rows } = await timed(["n", 1], 9, 1, 2, 3);
    expect(await warmGraph(session, [x(3), x(1)], { clock, runs: 4 })).toEqual({ runs: 4, medianMs: 2.5 });
    expect(rows).toEqual([1, 1, 1, 1]);
  });

  it("gives whole probes to a graph that counts no rows", async () => {
    const { session, clock, rows } = await timed([2, 1], 4);
    expect(await warmGraph(session, [x(2)], { clock, runs: 3 })).toEqual({ runs: 3, medianMs: 4 });
    expect(rows).toEqual([2, 2, 2]);
  });

  it("ends when it has cost enough, with five runs at least", async () => {
    const slow = await timed(["n", 1], 3000);
    expect(await warmGraph(slow.session, [x(1)], slow)).toEqual({ runs: 5, medianMs: 3000 });
    const quick = await timed(["n", 1], 100);
    expect(await warmGraph(quick.session, [x(1)], quick)).toMatchObject({ runs: 20 });
  });
});
