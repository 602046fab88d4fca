import fc from "fast-check";
import onnxProto from "onnx-proto";
import { expect, it } from "vitest";
import { readGraphInfo } from "./graph-info.js";

const { onnx } = onnxProto;
const model = {
  irVersion: 8,
  producerName: "pytorch",
  producerVersion: "2.3.0",
  docString: "a digit's name",
  opsetImport: [
    { domain: "", version: 17 },
    { domain: "ai.onnx.ml", version: 3 },
  ],
  graph: { name: "g", initializer: [{ name: "w", dataType: 1, dims: [2], floatData: [1, 2] }] },
};
const bytes = onnx.ModelProto.encode(model).finish();

it("tells who wrote a file, for which operators", () => {
  expect(readGraphInfo(bytes)).toEqual({
    producer: "pytorch 2.3.0",
    irVersion: 8,
    operatorSets: { "": 17, "ai.onnx.ml": 3 },
    doc: "a digit's name",
  });
  const colourful = onnx.ModelProto.encode({ ...model, docString: "a\u001b[31mb\n\tc" }).finish();
  expect(readGraphInfo(colourful)).toMatchObject({ doc: "a [31mb c" });
  const sets = Array.from({ length: 101 }, (_, i) => ({ domain: `d${i}`, version: 1 }));
  expect(readGraphInfo(onnx.ModelProto.encode({ ...model, opsetImport: sets }).finish())).toBeNull();
  const long = onnx.ModelProto.encode({
    ...model,
    docString: "x".repeat(5000),
    producerVersion: "",
  }).finish();
  expect(readGraphInfo(long)).toMatchObject({ producer: "pytorch", doc: `${"x".repeat(1000)}…` });
});

it("does not look into the graph", () => {
  // Field 7, 3 bytes that are no graph.
  expect(readGraphInfo(Uint8Array.from([0x08, 0x09, 0x3a, 3, 0xff, 0xff, 0xff]))).toMatchObject({
    irVersion: 9,
  });
});

it.each([
  ["a length of 2 GB", [0x08, 0x08, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07]],
  ["a number without end", [0x08, ...Array<number>(11).fill(0xff)]],
  ["a group", [0x0b, 0x0c]],
  ["a version beyond all numbers", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ["a version of an operator set that does not end", [0x42, 2, 0x10, 0xff]],
])("gives nothing for %s", (_what, file) => {
  expect(readGraphInfo(Uint8Array.from(file))).toBeNull();
});

it("reads or gives nothing, whatever the bytes are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(bytes.length), (noise, at) => {
      for (const file of [
        noise,
        bytes.subarray(0, at),
        new Uint8Array([...bytes.subarray(0, at), ...noise]),
      ]) {
        const info = readGraphInfo(file);
        if (info !== null) expect(Number.isSafeInteger(info.irVersion)).toBe(true);
      }
    }),
  );
});
