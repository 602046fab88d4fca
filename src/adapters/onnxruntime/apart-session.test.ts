import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { start } from "../../../test/support/command.js";
import {
  endlessGraph,
  greedyGraph,
  heavyGraph,
  loopGraph,
  scalingGraph,
} from "../../inference/tensor-graphs.testing.js";
import type { TensorValue } from "../../registry/index.js";
import { onnxruntimeSessions } from "./index.js";

/** A turn of the event loop, in which what has happened meanwhile is noticed. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const onLinux = process.platform === "linux";
const open = (graph: Uint8Array, limitMs: number, memoryBytes?: number) =>
  onnxruntimeSessions.open(graph, {
    threads: 1,
    apart: { limitMs, ...(memoryBytes === undefined ? {} : { memoryBytes }) },
  });
const x = (...data: number[]): TensorValue => ({
  ...{ dtype: "float32", shape: [data.length] },
  data: Float32Array.from(data),
});
const trips = (count: bigint): TensorValue => ({ dtype: "int64", shape: [], data: BigInt64Array.of(count) });
const forever = { x: x(1), trips: trips(2n ** 62n) };
const thrice = { x: x(1), trips: trips(3n) };
/** Time that no loaded machine needs for three additions, and that a test waits for once. */
const shortMs = 1_000;

/** Processes whose parent is `parent` (Linux). */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => statOf(pid)?.parent === parent)
    .map(Number);
}

/** State and parent of a process; undefined when there is none. */
function statOf(pid: string | number) {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

// Starting a process is most of what these cost, and waiting for a limit: they do it at the same time.
describe.concurrent("a session apart", () => {
  it("ends a call that takes too long, and answers those that wait and those that follow", async ({
    expect,
  }) => {
    const session = await open(loopGraph(), shortMs);
    const calls = Promise.allSettled([forever, thrice].map((inputs) => session.compute(inputs)));
    expect(await calls).toMatchObject([
      { reason: { code: "MW0708", row: { http: 504 }, details: { limitMs: shortMs } } },
      { value: { y: x(4) } },
    ]);
    expect((await session.compute(thrice)).y).toEqual(x(4));
    await session.dispose();
  });

  it("leaves the caller's event loop free, and gives up what is asked when it is disposed", async ({
    expect,
  }) => {
    const session = await open(endlessGraph(), 600_000);
    const inline = await onnxruntimeSessions.open(scalingGraph(3), { threads: 1 });
    let ended = 0;
    const endless = [1, 2].map((value) => session.compute({ x: x(value) }).finally(() => ended++));
    const calls = Promise.allSettled(endless);
    for (let turns = 0; turns < 100; turns++) {
      await turn();
      await inline.compute({ x: { ...x(1, 1), shape: [1, 2] } });
    }
    expect(ended).toBe(0);
    await session.dispose();
    expect(await calls).toMatchObject([{ reason: { code: "MW0706" } }, { reason: { code: "MW0706" } }]);
    await expect(session.compute({ x: x(1) })).rejects.toMatchObject({ code: "MW0706" });
    await session.dispose();
    await inline.dispose();
  });

  it.runIf(onLinux)("is refused memory beyond its bound, and answers the next call", async ({ expect }) => {
    const session = await open(greedyGraph(2 ** 31), 600_000, 2 ** 30);
    await expect(session.compute({ x: x(1) })).rejects.toMatchObject({
      code: expect.stringMatching(/^MW070[59]$/) as string,
    });
    expect((await session.compute({ x: x() })).y).toEqual(x(0));
    await session.dispose();
  });

  it.runIf(onLinux)("ends with its parent, whatever it computes", async ({ expect }) => {
    const graph = Buffer.from(endlessGraph()).toString("base64");
    const program = `
      const { onnxruntimeSessions } = await import("./dist/adapters/onnxruntime/index.js");
      const graph = Buffer.from("${graph}", "base64");
      const session = await onnxruntimeSessions.open(graph, { threads: 1, apart: { limitMs: 600_000 } });
      void session.compute({ x: { dtype: "float32", shape: [1], data: Float32Array.of(1) } });
      setImmediate(() => console.log("computing"));`;
    const { child, firstLine, ended } = start(process.execPath, ["--input-type=module", "-e", program], ".");
    await firstLine;
    const [pid] = childrenOf(child.pid ?? 0);
    expect(statOf(pid)).toBeDefined();
    child.kill("SIGKILL");
    await ended;
    while (!["Z", undefined].includes(statOf(pid)?.state)) await turn();
  });

  it("does not keep a program alive that forgot it", async ({ expect }) => {
    const graph = Buffer.from(scalingGraph(2)).toString("base64");
    const program = `
      const { onnxruntimeSessions } = await import("./dist/adapters/onnxruntime/index.js");
      const session = await onnxruntimeSessions.open(Buffer.from("${graph}", "base64"), {
        threads: 1, apart: { limitMs: 600_000 },
      });
      console.log((await session.run(new Float32Array(0), 0).catch((error) => error.code)));`;
    const { ended } = start(process.execPath, ["--input-type=module", "-e", program], ".");
    expect(await ended).toMatchObject({ code: 0, stdout: "MW0705\n" });
  });
});

describe.runIf(onLinux)("the process of a session apart", () => {
  it("costs the call that was under way when it is killed, and no other; if none was, no call", async () => {
    const before = childrenOf(process.pid);
    const own = () => childrenOf(process.pid).filter((child) => !before.includes(child));
    const session = await open(loopGraph(), 600_000);
    const [busy] = own();
    const call = session.compute(forever);
    const waiting = session.compute(thrice);
    await turn();
    process.kill(busy, "SIGKILL");
    await expect(call).rejects.toMatchObject({
      ...{ code: "MW0709", row: { http: 500 }, found: "one that ended: SIGKILL" },
    });
    expect((await waiting).y).toEqual(x(4));
    const [idle] = own();
    process.kill(idle, "SIGKILL");
    while (statOf(idle) !== undefined) await turn();
    expect((await session.compute(thrice)).y).toEqual(x(4));
    await session.dispose();
    expect(childrenOf(process.pid)).toEqual(before);
  });

  it("leaves nothing behind: no process, no descriptor, no memory", async () => {
    const graph = heavyGraph(50 * 2 ** 20);
    const input: TensorValue = { dtype: "float32", shape: [1, 12_800], data: new Float32Array(12_800) };
    const before = childrenOf(process.pid);
    const round = async () => {
      const session = await open(graph, 600_000);
      expect((await session.compute({ x: input })).y.shape).toEqual([1, 1024]);
      await session.dispose();
    };
    await round();
    const descriptors = readdirSync("/proc/self/fd").length;
    const residentBytes = process.memoryUsage.rss();
    for (let i = 0; i < 2; i++) await round();
    expect(childrenOf(process.pid)).toEqual(before);
    expect(readdirSync("/proc/self/fd")).toHaveLength(descriptors);
    // One and a half graphs; it would be two if each left one.
    expect(process.memoryUsage.rss() - residentBytes).toBeLessThan(75 * 2 ** 20);
  });
});
