import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMillwrightError } from "../../kernel/index.js";
import type { TensorSpec, TensorValue, Tensors } from "../../registry/index.js";
import { datatypeNames, datatypeNamed, datatypeOf, tensorOf, type Datatype } from "./datatypes.js";
import { readInferRequest, type Asked, type InferCall } from "./infer-request.js";
import { writeInferAnswer } from "./infer-response.js";

const model = { name: "mymodel", version: "1", maxBatchRows: 8 };

/** A model that takes and gives tensors of these specifications. */
const asked = (inputs: readonly TensorSpec[], outputs = inputs): Asked & typeof model => ({
  ...model,
  signature: { inputs, outputs },
});

const specOf = (name: string, { dtype, shape }: TensorValue): TensorSpec => ({
  name,
  dtype,
  shape: shape.map(() => null),
});

/** Reads a request whose JSON is an object, with bytes behind it when there are any. */
function read(request: unknown, bytes?: Uint8Array, of = asked([])): InferCall {
  const json = Buffer.from(typeof request === "string" ? request : JSON.stringify(request));
  if (bytes === undefined) return readInferRequest(json, undefined, of);
  return readInferRequest(Buffer.concat([json, bytes]), String(json.length), of);
}

const input = (datatype: string, shape: readonly number[], data: unknown) => ({
  inputs: [{ name: "x", datatype, shape, data }],
});

const x = (request: unknown): TensorValue => read(request).inputs.x;

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (isMillwrightError(error)) return error.code;
    throw error;
  }
  return "none";
}

const elements: Readonly<Record<string, (count: number) => fc.Arbitrary<TensorValue["data"]>>> = {
  BOOL: (n) => fc.array(fc.integer({ min: 0, max: 1 }), sized(n)).map((list) => Uint8Array.from(list)),
  UINT8: (n) => fc.uint8Array(sized(n)),
  UINT16: (n) => fc.uint16Array(sized(n)),
  UINT32: (n) => fc.uint32Array(sized(n)),
  UINT64: (n) => fc.bigUint64Array(sized(n)),
  INT8: (n) => fc.int8Array(sized(n)),
  INT16: (n) => fc.int16Array(sized(n)),
  INT32: (n) => fc.int32Array(sized(n)),
  INT64: (n) => fc.bigInt64Array(sized(n)),
  FP16: (n) => fc.uint16Array(sized(n)),
  FP32: (n) => fc.float32Array(sized(n)),
  FP64: (n) => fc.float64Array(sized(n)),
  BYTES: (n) => fc.array(fc.string({ unit: "binary" }), sized(n)),
};
const sized = (count: number) => ({ minLength: count, maxLength: count });

const tensors = (names = datatypeNames): fc.Arbitrary<Tensors> =>
  fc.dictionary(fc.string({ minLength: 1 }), tensor(names), {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true,
  });

const tensor = (names: readonly string[]): fc.Arbitrary<TensorValue> =>
  fc
    .tuple(fc.constantFrom(...names), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
    .chain(([name, shape]) =>
      elements[name](shape.reduce((product, size) => product * size, 1)).map((data) =>
        tensorOf(known(name), shape, data),
      ),
    );

function known(name: string): Datatype {
  const datatype = datatypeNamed(name);
  if (datatype === undefined) throw new Error(`no datatype ${name}`);
  return datatype;
}

const named = (given: Tensors) => Object.entries(given);

/** Writes tensors as an answer, and makes of it the request that would send them. */
function sent(given: Tensors, isBinary: (name: string, i: number) => boolean) {
  const specs = named(given).map(([name, value]) => specOf(name, value));
  const outputs = specs.map(({ name }, i) => ({ name, binary: isBinary(name, i) }));
  const { body, headerLength } = writeInferAnswer(
    asked(specs),
    { id: "é", outputs },
    { outputs: given, origin: { kind: "model" } },
  );
  const bytes = Buffer.from(body);
  const json = bytes.toString("utf8", 0, headerLength).replace('"outputs":[', '"inputs":[');
  return { json, binary: headerLength === undefined ? undefined : bytes.subarray(headerLength) };
}

/** As the reader gives what JSON can say: -0 is 0, what is not finite NaN. */
function asJson({ dtype, shape, data }: TensorValue): TensorValue {
  const mend = (value: number) => (Number.isFinite(value) ? value + 0 : NaN);
  const mended =
    data instanceof Float32Array || data instanceof Float64Array ? data.map((value) => mend(value)) : data;
  return { dtype, shape, data: mended } as TensorValue;
}

const wellFormed = (given: Tensors): boolean =>
  named(given).every(([name, { data }]) =>
    [name, ...data].every((text) => !/\p{Surrogate}/u.test(`${text}`)),
  );

describe("tensors over the wire", () => {
  it("come back as they were sent, in binary and mixed with JSON", () => {
    const some = fc.tuple(tensors().filter(wellFormed), fc.array(fc.boolean(), sized(4)));
    fc.assert(
      fc.property(some, ([given, choices]) => {
        const inBinary = (name: string, i: number) => choices[i] || given[name].dtype === "float16";
        const { json, binary } = sent(given, inBinary);
        const { inputs, id } = readInferRequest(
          Buffer.concat([Buffer.from(json), binary ?? Buffer.alloc(0)]),
          binary === undefined ? undefined : `${Buffer.byteLength(json)}`,
          asked([]),
        );
        expect(id).toBe("é");
        const expected = named(given).map(([name, value], i) => [
          name,
          inBinary(name, i) ? value : asJson(value),
        ]);
        expect(inputs).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it("may be nested as deep as their shape", () => {
    const nest = (data: unknown[], shape: readonly number[]): unknown => {
      if (shape.length <= 1) return data;
      const [size, ...rest] = shape;
      const each = data.length / size;
      return Array.from({ length: size }, (_, i) => nest(data.slice(i * each, (i + 1) * each), rest));
    };
    const given = fc
      .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
      .chain((shape) => fc.tuple(fc.constant(shape), fc.int32Array(sized(shape.reduce((a, b) => a * b, 1)))));
    fc.assert(
      fc.property(given, fc.constantFrom("INT32", "FP64", "INT64", "BYTES"), ([shape, data], datatype) => {
        const values = Array.from(data, (value) => (datatype === "BYTES" ? `${value}` : value));
        const nested = x(input(datatype, shape, nest(values, shape)));
        expect(nested).toEqual(x(input(datatype, shape, values)));
        expect(Array.from<unknown>(nested.data).map(String)).toEqual(values.map(String));
      }),
    );
  });

  it("are read from any place of the body, aligned or not", () => {
    const bytes = Buffer.from(new Float64Array([1.5, -2.25]).buffer);
    for (let pad = 0; pad < 8; pad++) {
      const request = {
        pad: " ".repeat(pad),
        inputs: [{ name: "x", datatype: "FP64", shape: [2], parameters: { binary_data_size: 16 } }],
      };
      expect(read(request, bytes).inputs.x.data).toEqual(Float64Array.of(1.5, -2.25));
    }
  });
});

describe("the examples of the specifications", () => {
  const outputs = [{ name: "output0", dtype: "float32", shape: [null, null] }];

  it("reads the binary one of Triton", () => {
    const request = {
      model_name: "mymodel",
      inputs: [
        { name: "input0", shape: [2, 2], datatype: "UINT32", parameters: { binary_data_size: 16 } },
        { name: "input1", shape: [3], datatype: "BOOL", parameters: { binary_data_size: 3 } },
      ],
      outputs: [{ name: "output0", parameters: { binary_data: true } }],
    };
    const bytes = Buffer.from("01000000020000000300000000000080" + "010001", "hex");
    const call = read(request, bytes, asked([], outputs));
    expect(call).toMatchObject({ id: undefined, outputs: [{ name: "output0", binary: true }], priority: 0 });
    expect(call.inputs).toEqual({
      input0: { dtype: "uint32", shape: [2, 2], data: Uint32Array.of(1, 2, 3, 2147483648) },
      input1: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
    });
  });

  it("writes its answer: 24 bytes behind a JSON whose length is a multiple of 8", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const answer = writeInferAnswer(
      asked([], outputs),
      { id: undefined, outputs: [{ name: "output0", binary: true }] },
      { outputs: { output0: { dtype: "float32", shape: [3, 2], data } }, origin: { kind: "model" } },
    );
    const { headerLength = NaN } = answer;
    const body = Buffer.from(answer.body);
    expect(headerLength % 8).toBe(0);
    expect(body.length - headerLength).toBe(24);
    expect(body.readFloatLE(headerLength + 20)).toBe(6);
    expect(JSON.parse(body.toString("utf8", 0, headerLength))).toEqual({
      model_name: "mymodel",
      model_version: "1",
      outputs: [{ name: "output0", shape: [3, 2], datatype: "FP32", parameters: { binary_data_size: 24 } }],
    });
  });

  it("reads that of the protocol, flat and nested", () => {
    const request = (data: unknown) => ({
      id: "42",
      inputs: [
        { name: "input0", shape: [2, 2], datatype: "UINT32", data },
        { name: "input1", shape: [3], datatype: "BOOL", data: [true, false, true] },
      ],
      outputs: [{ name: "output0" }],
    });
    const flat = read(request([1, 2, 3, 4]), undefined, asked([], outputs));
    expect(flat.inputs.input0.data).toEqual(Uint32Array.of(1, 2, 3, 4));
    expect(flat).toMatchObject({ id: "42", outputs: [{ name: "output0", binary: false }] });
    const rows = [
      [1, 2],
      [3, 4],
    ];
    expect(read(request(rows), undefined, asked([], outputs))).toEqual(flat);
  });
});

describe("numbers in JSON", () => {
  it("of 64 bits keep every digit", () => {
    const text =
      '{"inputs":[{"name":"x","datatype":"INT64","shape":[4],"data":[9223372036854775807,-9223372036854775808,9007199254740993,7]}]}';
    expect(read(text).inputs.x.data).toEqual(
      BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 7n),
    );
    const unsigned = text
      .replace("INT64", "UINT64")
      .replace("-9223372036854775808", '"18446744073709551615"');
    expect(read(unsigned).inputs.x.data[1]).toBe(2n ** 64n - 1n);
    expect(codeOf(() => read(text.replace("INT64", "UINT64")))).toBe("MW0818");
    expect(codeOf(() => read(text.replace("9007199254740993", "1e18")))).toBe("MW0818");
    expect(codeOf(() => read(text.replace("9223372036854775807", "9223372036854775808")))).toBe("MW0818");
  });

  it("of 64 bits leave those of other inputs and what stands in quotes alone", () => {
    const text =
      '{"id":"1234567890123456789","inputs":[{"name":"n","datatype":"INT64","shape":[1],"data":[1234567890123456789]},' +
      '{"name":"f","datatype":"FP64","shape":[2],"data":[1234567890123456789,0.1234567890123456789]},' +
      '{"name":"t","datatype":"BYTES","shape":[1],"data":["\\"1234567890123456789"]}]}';
    const { id, inputs } = read(text);
    expect(id).toBe("1234567890123456789");
    expect(inputs.n.data).toEqual(BigInt64Array.of(1234567890123456789n));
    expect(inputs.f.data).toEqual(Float64Array.of(1234567890123456800, 0.12345678901234568));
    expect(inputs.t.data).toEqual(['"1234567890123456789']);
  });

  it("may be not finite, as null, as texts or as rapidjson writes them", () => {
    const data = (text: string) =>
      x(`{"inputs":[{"name":"x","datatype":"FP32","shape":[3],"data":${text}}]}`).data;
    const expected = Float32Array.of(NaN, Infinity, -Infinity);
    expect(data('["NaN","Infinity","-Infinity"]')).toEqual(expected);
    expect(data("[NaN,Infinity,-Infinity]")).toEqual(expected);
    expect(data("[null,1e999,-1e999]")).toEqual(expected);
    expect(codeOf(() => data('["nan",1,2]'))).toBe("MW0818");
  });

  it("that are not finite are null in answers", () => {
    const y: TensorValue = { dtype: "float64", shape: [4], data: Float64Array.of(0.5, NaN, -Infinity, -0) };
    const specs = [specOf("y", y)];
    const origin = { kind: "fallback", by: "simple@3", because: "MW0705" } as const;
    const { body } = writeInferAnswer(
      asked(specs),
      { id: undefined, outputs: [{ name: "y", binary: false }] },
      { outputs: { y }, origin },
    );
    expect(JSON.parse(String(body))).toMatchObject({
      parameters: {
        millwright_origin: "fallback",
        millwright_fallback: "simple@3",
        millwright_because: "MW0705",
      },
      outputs: [{ data: [0.5, null, null, 0] }],
    });
  });
});

describe("a raw body", () => {
  const raw = (spec: Partial<TensorSpec>, bytes: Uint8Array) =>
    readInferRequest(
      Buffer.from(bytes),
      "0",
      asked([{ name: "x", dtype: "float32", shape: [null, 2], ...spec }]),
    );

  it("is one tensor, whose shape follows from its length", () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    expect(raw({}, bytes)).toMatchObject({
      inputs: { x: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } },
      outputs: [{ name: "x", binary: true }],
    });
    expect(raw({ shape: [null, null] }, bytes).inputs.x.shape).toEqual([1, 4]);
    expect(raw({ dtype: "string", shape: [null] }, Buffer.from("né")).inputs.x).toEqual({
      ...{ dtype: "string", shape: [1], data: ["né"] },
    });
  });

  it("is refused where its shape does not follow", () => {
    const bytes = new Uint8Array(12);
    expect(codeOf(() => raw({}, bytes))).toBe("MW0819");
    expect(codeOf(() => raw({ shape: [null, null, null] }, bytes))).toBe("MW0817");
    expect(codeOf(() => raw({ dtype: "string" }, Uint8Array.of(0xff)))).toBe("MW0819");
    const two = asked(["a", "b"].map((name) => ({ name, dtype: "float32", shape: [null] })));
    expect(codeOf(() => readInferRequest(Buffer.from(bytes), "0", two))).toBe("MW0817");
  });
});

describe("wishes of a request", () => {
  const specs = ["y", "z"].map((name) => ({ name, dtype: "float32", shape: [null] }));
  const wishes = (request: object) => read({ inputs: [], ...request }, undefined, asked([], specs));

  it("choose outputs and their form", () => {
    expect(wishes({}).outputs).toEqual([
      { name: "y", binary: false },
      { name: "z", binary: false },
    ]);
    const call = wishes({
      parameters: { binary_data_output: true },
      outputs: [{ name: "z", parameters: { binary_data: false } }, { name: "y" }],
    });
    expect(call.outputs).toEqual([
      { name: "z", binary: false },
      { name: "y", binary: true },
    ]);
  });

  it("set priority and time limit: the protocol counts from 1 and in microseconds", () => {
    expect(wishes({ parameters: { priority: 1, timeout: 1500 } })).toMatchObject({
      priority: 0,
      timeoutMs: 1.5,
    });
    expect(wishes({ parameters: { priority: 3, timeout: 0 } })).toMatchObject({
      priority: 2,
      timeoutMs: undefined,
    });
    expect(wishes({ parameters: { priority: 10, of: "mine" } })).toMatchObject({
      priority: 9,
      parameters: { of: "mine" },
    });
    // As tritonclient sends it for those who say nothing.
    expect(wishes({ parameters: { priority: 0 } })).toMatchObject({ priority: 0 });
  });
});

const size = (bytes: number) => ({
  name: "x",
  datatype: "FP32",
  shape: [1],
  parameters: { binary_data_size: bytes },
});

describe("what is refused", () => {
  it.each<[string, unknown, string]>([
    ["no JSON", "{", "MW0817"],
    ["nothing", "", "MW0817"],
    ["an array", "[]", "MW0817"],
    ["no inputs", {}, "MW0817"],
    ["a number as id", { id: 7, inputs: [] }, "MW0817"],
    ["an input without name", { inputs: [{ datatype: "FP32", shape: [1], data: [1] }] }, "MW0817"],
    ["an unknown datatype", input("BF16", [1], [1]), "MW0817"],
    ["a negative size", input("FP32", [-1], [1]), "MW0817"],
    ["a shape beyond counting", input("FP32", [2 ** 40, 2 ** 40], [1]), "MW0817"],
    ["a shape that the data does not fill", input("FP32", [2 ** 40], [1]), "MW0818"],
    ["too few elements", input("FP32", [2, 2], [1, 2, 3]), "MW0818"],
    ["too few elements in a row", input("FP32", [2, 2], [[1, 2], [3]]), "MW0818"],
    ["arrays deeper than the shape", input("FP32", [1], [[1]]), "MW0818"],
    ["a text among numbers", input("FP32", [2], [1, "2"]), "MW0818"],
    ["a fraction among whole numbers", input("INT32", [1], [1.5]), "MW0818"],
    ["a number out of range", input("UINT8", [1], [256]), "MW0818"],
    ["a number as bool", input("BOOL", [1], [1]), "MW0818"],
    ["a number as text", input("BYTES", [1], [1]), "MW0818"],
    ["FP16 as JSON", input("FP16", [1], [1]), "MW0821"],
    ["an input twice", { inputs: [1, 2].flatMap(() => input("FP32", [1], [1]).inputs) }, "MW0817"],
    ["an unknown output", { inputs: [], outputs: [{ name: "nobody" }] }, "MW0817"],
    ["a priority beyond the last", { inputs: [], parameters: { priority: 11 } }, "MW0817"],
    ["a negative timeout", { inputs: [], parameters: { timeout: -1 } }, "MW0817"],
    ["shared memory", { inputs: [{ ...size(4), parameters: { shared_memory_region: "r" } }] }, "MW0817"],
    ["binary data without the header", { inputs: [size(4)] }, "MW0819"],
  ])("%s", (_what, request, code) => {
    expect(codeOf(() => read(request))).toBe(code);
  });

  it.each<[string, unknown, number, string]>([
    ["bytes that are missing", { inputs: [size(4)] }, 3, "MW0819"],
    ["bytes that are left over", { inputs: [size(4)] }, 5, "MW0819"],
    ["a size that is not the shape's", { inputs: [size(8)] }, 8, "MW0819"],
    ["data in both forms", { inputs: [{ ...size(4), data: [1] }] }, 4, "MW0817"],
    ["a length beyond a text's bytes", { inputs: [{ ...size(4), datatype: "BYTES" }] }, 4, "MW0819"],
  ])("%s", (_what, request, bytes, code) => {
    expect(codeOf(() => read(request, new Uint8Array(bytes).fill(1)))).toBe(code);
  });

  it.each(["-1", "9999", "1.5", "x", ""])("a header length of %j", (header) => {
    expect(codeOf(() => readInferRequest(Buffer.from("{}"), header, asked([])))).toBe("MW0819");
  });

  it("is anything else, always with a code", () => {
    const spec = [{ name: "x", dtype: "float32", shape: [null] }];
    const like = JSON.stringify({ ...input("FP32", [2], [1, 2]), outputs: [{ name: "x" }], id: "a" });
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      // A request with a piece of it replaced.
      fc
        .tuple(fc.nat(like.length), fc.nat(12), fc.string({ maxLength: 12 }))
        .map(([at, cut, put]) => Buffer.from(like.slice(0, at) + put + like.slice(at + cut))),
    );
    const header = fc.oneof(fc.constant(undefined), fc.nat(250).map(String), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(garbage, header, (bytes, length) => {
        codeOf(() => readInferRequest(Buffer.from(bytes), length, asked(spec)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [100, "MW0818"],
    // What is long is not even parsed: JSON.parse takes seconds for some megabytes of brackets.
    [3_000, "MW0817"],
    [100_000, "MW0817"],
  ])("is nesting without end, %i levels of it", (levels, code) => {
    const deep = `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect(codeOf(() => read(`{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":${deep}}]}`))).toBe(
      code,
    );
  });
});

it("every datatype has one name in the protocol and one in signatures", () => {
  expect(datatypeNames.map((name) => datatypeOf(known(name).dtype)?.name)).toEqual(datatypeNames);
});
