import { describe, expect, it } from "vitest";
import type { SessionFactory, SessionOptions } from "../../src/inference/index.js";
import { encodeGraph, logGraph, sumGraph, textGraph } from "../../src/inference/small-graphs.testing.js";
import {
  brokenModels,
  everyTypeGraph,
  halfGraph,
  logarithmGraph,
  lookupGraph,
  scalingGraph,
  zerosGraph,
} from "../../src/inference/tensor-graphs.testing.js";
import { float16Bits } from "../../src/registry/float16.js";
import type { TensorValue } from "../../src/registry/index.js";

const ln3 = Math.log(3);

/**
 * What every engine behind the session port must do, however its sessions are opened. Expected values:
 * sigmoid(0) = 1/2, sigmoid(ln 3) = 3/4.
 */
export function describeSessionContract(
  name: string,
  make: () => SessionFactory,
  options: Partial<SessionOptions> = {},
): void {
  describe(`${name}: session contract`, () => {
    const threads: SessionOptions = { threads: 1, ...options };
    const open = (graph: Parameters<typeof encodeGraph>[0]) => make().open(encodeGraph(graph), threads);

    it("tells its name and version", () => {
      expect(make().engine).toMatch(/^\S+ \d+\./);
    });

    it("describes inputs and outputs, free dimensions as null", async () => {
      const session = await open(textGraph(2, { a: 1 }));
      expect(session.inputs).toEqual([
        { name: "numeric", dtype: "float32", shape: [null, 2] },
        { name: "text", dtype: "string", shape: [null, 1] },
      ]);
      expect(session.outputs).toEqual([{ name: "probability", dtype: "float32", shape: [null] }]);
      await session.dispose();
    });

    it.each(["rows", "rows x 1"] as const)("gives one number per row for an output of %s", async (shape) => {
      const session = await open(sumGraph(2, shape));
      const output = await session.run(new Float32Array([0, 0, 1, ln3 - 1]), 2);
      expect(output).toBeInstanceOf(Float32Array);
      expect(output).toHaveLength(2);
      expect(output[0]).toBeCloseTo(0.5, 6);
      expect(output[1]).toBeCloseTo(0.75, 6);
      await session.dispose();
    });

    it("passes NaN on as a missing value", async () => {
      const session = await open(sumGraph(2));
      expect((await session.run(new Float32Array([NaN, ln3]), 1))[0]).toBeCloseTo(0.75, 6);
      await session.dispose();
    });

    it("passes texts on, whatever their script", async () => {
      const session = await open(textGraph(1, { JFK: 2, Zürich: 3, "": 5 }));
      const output = await session.run(new Float32Array([1, 1, 1, 1]), 4, ["JFK", "Zürich", "", "表"]);
      expect([...output]).toEqual([3, 4, 6, 1]);
      await session.dispose();
    });

    it("gives nothing for no rows", async () => {
      const session = await open(sumGraph(2));
      expect(await session.run(new Float32Array(0), 0)).toHaveLength(0);
      await session.dispose();
    });

    it("reads its rows out of the middle of a larger buffer", async () => {
      const session = await open(sumGraph(2));
      const buffer = new Float32Array([9, 9, 9, 0, ln3, 9]);
      expect((await session.run(buffer.subarray(3, 5), 1))[0]).toBeCloseTo(0.75, 6);
      await session.dispose();
    });

    it("keeps overlapping calls apart", async () => {
      const session = await open(textGraph(1, {}));
      const calls = Array.from({ length: 50 }, (_, i) => session.run(new Float32Array([i]), 1, ["x"]));
      expect((await Promise.all(calls)).map(([value]) => value)).toEqual(calls.map((_, i) => i));
      await session.dispose();
    });

    it("gives the same bits in a batch as row by row", async () => {
      const session = await open(sumGraph(3));
      const rows = Float32Array.from({ length: 300 }, (_, i) => Math.fround(Math.sin(i)));
      const batch = await session.run(rows, 100);
      const single = new Float32Array(100);
      for (let i = 0; i < 100; i++) single[i] = (await session.run(rows.subarray(3 * i, 3 * i + 3), 1))[0];
      expect(batch).toEqual(single);
      await session.dispose();
    });

    it("does not judge outputs", async () => {
      const session = await open(logGraph(1));
      expect([...(await session.run(new Float32Array([-1, 0]), 2))]).toEqual([NaN, -Infinity]);
      await session.dispose();
    });

    it("codes a failure while it computes as MW0705", async () => {
      const session = await open(sumGraph(3));
      await expect(session.run(new Float32Array(2), 1)).rejects.toMatchObject({ code: "MW0705" });
      await session.dispose();
    });

    const float32 = (shape: readonly number[], ...data: number[]): TensorValue => ({
      ...{ dtype: "float32", shape },
      data: Float32Array.from(data),
    });
    const ids = (...data: bigint[]): TensorValue => ({
      ...{ dtype: "int64", shape: [data.length] },
      data: BigInt64Array.from(data),
    });

    it("takes and gives tensors of every type, also empty ones, exactly", async () => {
      const session = await make().open(everyTypeGraph(), threads);
      const big = 2n ** 63n - 1n;
      for (const n of [3, 0]) {
        const shape = [n];
        const kept: readonly TensorValue[] = [
          { dtype: "float32", shape, data: Float32Array.of(0.1, NaN, -Infinity).subarray(0, n) },
          { dtype: "float64", shape, data: Float64Array.of(0.1, Number.MAX_VALUE, -0).subarray(0, n) },
          // 65,504, the smallest above 0, and minus infinity.
          { dtype: "float16", shape, data: Uint16Array.of(0x7bff, 1, 0xfc00).subarray(0, n) },
          { dtype: "int8", shape, data: Int8Array.of(1, -128, 127).subarray(0, n) },
          { dtype: "int16", shape, data: Int16Array.of(1, -(2 ** 15), 2 ** 15 - 1).subarray(0, n) },
          { dtype: "int32", shape, data: Int32Array.of(1, -(2 ** 31), 2 ** 31 - 1).subarray(0, n) },
          { dtype: "int64", shape, data: BigInt64Array.of(1n, big, -big).subarray(0, n) },
          { dtype: "uint8", shape, data: Uint8Array.of(0, 7, 255).subarray(0, n) },
          { dtype: "uint16", shape, data: Uint16Array.of(0, 7, 2 ** 16 - 1).subarray(0, n) },
          { dtype: "uint32", shape, data: Uint32Array.of(0, 7, 2 ** 32 - 1).subarray(0, n) },
          { dtype: "uint64", shape, data: BigUint64Array.of(0n, big, 2n ** 64n - 1n).subarray(0, n) },
          { dtype: "string", shape, data: ["", "Zürich", "表"].slice(0, n) },
        ];
        const bool = { dtype: "bool", shape, data: Uint8Array.of(0, 1, 0).subarray(0, n) } as const;
        const given = Object.fromEntries(kept.map((value) => [value.dtype, value]));
        const found = await session.compute({ ...given, bool });
        for (const value of kept) expect(found[`${value.dtype}_out`]).toEqual(value);
        expect(found.bool_out).toEqual({ dtype: "bool", shape, data: Uint8Array.of(1, 0, 1).subarray(0, n) });
      }
      await session.dispose();
    });

    it("rounds to float16 as the registry does", async () => {
      const session = await make().open(halfGraph(), threads);
      const numbers = [0.1, -1 / 3, 2 ** -24, 2 ** -25, 65_519, 65_520, -0, 1 + 2 ** -11, 1 + 3 * 2 ** -11];
      const { y } = await session.compute({ x: float32([numbers.length], ...numbers) });
      const data = Uint16Array.from(numbers, (value) => float16Bits(Math.fround(value)));
      expect(y).toEqual({ dtype: "float16", shape: [numbers.length], data });
      await session.dispose();
    });

    it("reads numbers out of the middle of memory that threads share, whatever comes between", async () => {
      const session = await make().open(scalingGraph(3), threads);
      const shared = new Float32Array(new SharedArrayBuffer(6 * 4));
      shared.set([9, 1, 2, 3, 4, 9]);
      const y = async (data: Float32Array) => [
        ...((await session.compute({ x: { dtype: "float32", shape: [data.length / 2, 2], data } })).y
          .data as Float32Array),
      ];
      const calls = [
        shared.subarray(1, 5),
        Float32Array.of(7, 8),
        shared.subarray(3, 5),
        shared.subarray(1, 3),
      ];
      expect(await Promise.all(calls.map(y))).toEqual([
        [3, 6, 9, 12],
        [21, 24],
        [9, 12],
        [3, 6],
      ]);
      await session.dispose();
    });

    it("computes many rows in batches, in their order, the last of which is shorter", async () => {
      const session = await make().open(scalingGraph(3), threads);
      const shared = new Float32Array(new SharedArrayBuffer(12 * 4));
      shared.set([9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9]);
      for (const data of [shared.subarray(1, 11), shared.slice(1, 11)]) {
        const x: TensorValue = { dtype: "float32", shape: [5, 2], data };
        expect(await session.computeBatches({ x }, 2)).toEqual([
          { y: float32([2, 2], 3, 6, 9, 12), sum: float32([], 30) },
          { y: float32([2, 2], 15, 18, 21, 24), sum: float32([], 78) },
          { y: float32([1, 2], 27, 30), sum: float32([], 57) },
        ]);
        expect(await session.computeBatches({ x }, 9)).toEqual([await session.compute({ x })]);
      }
      expect(await session.computeBatches({ x: float32([0, 2]) }, 2)).toEqual([]);
      await session.dispose();
    });

    it("cuts inputs of every type into batches alike", async () => {
      const session = await make().open(everyTypeGraph(), threads);
      const given: readonly TensorValue[] = [
        ...[Float32Array, Float64Array, Int8Array, Int16Array, Int32Array].map((Numbers) => {
          const dtype = Numbers.name.replace("Array", "").toLowerCase() as "float32";
          return { dtype, shape: [3], data: Numbers.of(1, 2, 3) as Float32Array };
        }),
        { dtype: "float16", shape: [3], data: Uint16Array.of(1, 2, 3) },
        { dtype: "int64", shape: [3], data: BigInt64Array.of(1n, 2n, 3n) },
        { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 3) },
        { dtype: "uint16", shape: [3], data: Uint16Array.of(1, 2, 3) },
        { dtype: "uint32", shape: [3], data: Uint32Array.of(1, 2, 3) },
        { dtype: "uint64", shape: [3], data: BigUint64Array.of(1n, 2n, 3n) },
        { dtype: "bool", shape: [3], data: Uint8Array.of(0, 1, 1) },
        { dtype: "string", shape: [3], data: ["1", "2", "3"] },
      ];
      const [first, last] = await session.computeBatches(
        Object.fromEntries(given.map((value) => [value.dtype, value])),
        2,
      );
      expect(Object.keys(first)).toHaveLength(given.length);
      for (const { dtype } of given) {
        const numbers = [first, last].map((outputs) => [...outputs[`${dtype}_out`].data].map(Number));
        expect([dtype, numbers]).toEqual([dtype, dtype === "bool" ? [[1, 0], [0]] : [[1, 2], [3]]]);
      }
      await session.dispose();
    });

    it("codes what fails in one of many batches as MW0705, and goes on", async () => {
      const session = await make().open(lookupGraph([5, 6]), threads);
      await expect(session.computeBatches({ ids: ids(0n, 1n, 2n) }, 2)).rejects.toMatchObject({
        code: "MW0705",
      });
      expect(await session.computeBatches({ ids: ids(0n, 1n, 1n) }, 2)).toEqual([
        { found: float32([2], 5, 6) },
        { found: float32([1], 6) },
      ]);
      await session.dispose();
    });

    it("leaves its inputs as they are, and gives outputs that nobody else holds", async () => {
      const session = await make().open(scalingGraph(3), threads);
      const data = Float32Array.of(1, 2);
      const first = await session.compute({ x: { dtype: "float32", shape: [1, 2], data } });
      const second = await session.compute({ x: { dtype: "float32", shape: [1, 2], data } });
      expect(data).toEqual(Float32Array.of(1, 2));
      (first.y.data as Float32Array).fill(9);
      expect(second).toEqual({ y: float32([1, 2], 3, 6), sum: float32([], 9) });
      // Whoever transfers one output takes no other along.
      const { buffer } = second.y.data as Float32Array<ArrayBuffer>;
      expect(structuredClone(second.y, { transfer: [buffer] })).toEqual(float32([1, 2], 3, 6));
      expect(second.sum).toEqual(float32([], 9));
      await session.dispose();
    });

    it("has the provider that it is asked for, or lists those that there are", async () => {
      const cpu = await make().open(scalingGraph(3), { ...threads, provider: "cpu" });
      expect((await cpu.compute({ x: float32([1, 2], 1, 1) })).sum).toEqual(float32([], 6));
      await cpu.dispose();
      const abacus = make().open(scalingGraph(3), { ...threads, provider: "abacus" });
      await expect(abacus).rejects.toMatchObject({
        ...{ code: "MW0714", found: '"abacus"' },
        expected: expect.stringMatching(/\bcpu\b/) as string,
      });
    });

    it("says in a sentence which operator set is too new", async () => {
      const future = scalingGraph(3, { opsetImport: [{ domain: "", version: 999 }] });
      await expect(make().open(future, threads)).rejects.toMatchObject({
        code: "MW0701",
        found: expect.stringMatching(/^opset 999 of ai\.onnx, which is newer .* \(≤ \d+\)$/) as string,
      });
    });

    it("computes several outputs, for any size of a free dimension, and single values", async () => {
      const session = await make().open(scalingGraph(3), threads);
      expect(await session.compute({ x: float32([2, 2], 1, 2, 3, 4) })).toEqual({
        y: float32([2, 2], 3, 6, 9, 12),
        sum: float32([], 30),
      });
      const calls = [1, 2, 3].map((value) => session.compute({ x: float32([1, 2], value, value) }));
      expect((await Promise.all(calls)).map(({ sum }) => sum.data[0])).toEqual([6, 12, 18]);
      await session.dispose();
    });

    it("gives outputs that are not finite as they are", async () => {
      const session = await make().open(logarithmGraph(), threads);
      expect((await session.compute({ x: float32([2], -1, 0) })).y).toEqual(float32([2], NaN, -Infinity));
      await session.dispose();
    });

    it("codes what the engine refuses as MW0705, and goes on", async () => {
      const lookup = await make().open(lookupGraph([5, 6]), threads);
      for (const inputs of [{ ids: ids(2n) }, { ids: float32([1], 0) }, {}]) {
        await expect(lookup.compute(inputs)).rejects.toMatchObject({ code: "MW0705" });
      }
      expect((await lookup.compute({ ids: ids(1n, 0n) })).found).toEqual(float32([2], 6, 5));
      await lookup.dispose();
      // Four pebibytes.
      const zeros = await make().open(zerosGraph(), threads);
      await expect(zeros.compute({ n: ids(2n ** 50n) })).rejects.toMatchObject({ code: "MW0705" });
      await zeros.dispose();
    });

    it.each(Object.entries(brokenModels()))("refuses %s with MW0701", async (_what, bytes) => {
      await expect(make().open(bytes, threads)).rejects.toMatchObject({ code: "MW0701" });
    });

    const whole = encodeGraph(sumGraph(2));
    it.each([
      ["no bytes", new Uint8Array(0)],
      ["bytes that are no graph", new Uint8Array(100).fill(7)],
      ["a graph that was cut off", whole.subarray(0, whole.length >> 1)],
      ["a graph without its last byte", whole.subarray(0, -1)],
      [
        "an operator set of the future",
        encodeGraph(sumGraph(2), { opsetImport: [{ domain: "", version: 999 }] }),
      ],
      [
        "an operator that does not exist",
        encodeGraph({
          ...sumGraph(2),
          node: [{ opType: "Nope", input: ["numeric"], output: ["probability"] }],
        }),
      ],
      [
        "weights that lie in another file",
        encodeGraph({
          ...sumGraph(2),
          initializer: [
            ...(sumGraph(2).initializer ?? []).slice(0, 1),
            {
              name: "zero",
              dataType: 1,
              dims: [],
              dataLocation: 1,
              externalData: [{ key: "location", value: "package.json" }],
            },
          ],
        }),
      ],
    ])("refuses %s with MW0701", async (_what, bytes) => {
      await expect(make().open(bytes, threads)).rejects.toMatchObject({ code: "MW0701" });
    });
  });
}
