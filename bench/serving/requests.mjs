/** The three models: the shape of one row, how many numbers one answer has. */
export const shapes = Object.freeze({ trees: [32], network: [32], image: [3, 224, 224] });
export const outputWidths = Object.freeze({ trees: 1, network: 1, image: 10 });

/** mulberry32: the same inputs on every machine. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `count` different tensors for a model. The numbers have four digits, as numbers in JSON have, and are told to all
 * servers alike; each makes float32 of them.
 *
 * @param {string} model
 * @param {{ rows: number, count: number, seed: number }} given
 */
export function inputsOf(model, { rows, count, seed }) {
  const random = seededRandom(seed);
  const length = rows * shapes[model].reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, () => ({
    model,
    rows,
    shape: [rows, ...shapes[model]],
    values: Float64Array.from({ length }, () => Math.round(random() * 10_000) / 10_000),
  }));
}

const json = { "content-type": "application/json" };
const octets = { "content-type": "application/octet-stream" };
const boundary = "inputs-end-here";
const bytesOf = ({ values }) => Buffer.from(Float32Array.from(values).buffer);

function nested({ shape, values }) {
  let list = Array.from(values);
  for (const size of shape.slice(1).reverse()) {
    list = Array.from({ length: list.length / size }, (_, i) => list.slice(i * size, (i + 1) * size));
  }
  return list;
}

/** How each form of request writes a tensor: headers and body. */
const forms = {
  /** What a framework that has no protocol of its own reads most naturally. */
  "plain-json": (input) => ({ headers: json, body: Buffer.from(JSON.stringify({ inputs: nested(input) })) }),
  /** The bytes of one tensor and nothing else. */
  "plain-bytes": (input) => ({ headers: octets, body: bytesOf(input) }),
  /** The same as a file in a form, which is how frameworks that read JSON or forms take images. */
  "plain-file": (input) => {
    const before =
      `--${boundary}\r\ncontent-disposition: form-data; name="inputs"; filename="inputs"\r\n` +
      "content-type: application/octet-stream\r\n\r\n";
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    const body = Buffer.concat([Buffer.from(before), bytesOf(input), Buffer.from(`\r\n--${boundary}--\r\n`)]);
    return { headers, body };
  },
  /** Open Inference Protocol V2. */
  "oip-json": ({ shape, values }, more) => {
    const tensor = { name: "input", shape, datatype: "FP32", data: Array.from(values) };
    return { headers: json, body: Buffer.from(JSON.stringify({ ...more, inputs: [tensor] })) };
  },
  /** Its extension for binary tensors: JSON, then the bytes of the tensors. */
  "oip-binary": (input, more) => {
    const data = bytesOf(input);
    const parameters = { binary_data_size: data.length };
    const head = Buffer.from(
      JSON.stringify({
        ...more,
        inputs: [{ name: "input", shape: input.shape, datatype: "FP32", parameters }],
        outputs: [{ name: "output", parameters: { binary_data: true } }],
      }),
    );
    const headers = { ...octets, "inference-header-content-length": String(head.length) };
    return { headers, body: Buffer.concat([head, data]) };
  },
};

/**
 * A request as it is sent, to `path`, in one of the forms. With a time limit only in those of the Open Inference Protocol,
 * which counts it in microseconds.
 *
 * @param {string} form
 * @param {{ path: string, input: ReturnType<typeof inputsOf>[number], timeoutMs?: number }} given
 */
export const requestOf = (form, { path, input, timeoutMs }) => ({
  path,
  ...forms[form](input, timeoutMs === undefined ? {} : { parameters: { timeout: timeoutMs * 1_000 } }),
});

/**
 * The numbers of an answer in whatever form it came.
 *
 * @param {Buffer} body
 * @param {string | null | undefined} jsonLength the header `inference-header-content-length`, if there is one
 * @returns {number[]}
 */
export function numbersOf(body, jsonLength) {
  if (jsonLength) {
    const binary = body.subarray(Number(jsonLength));
    return Array.from({ length: binary.length / 4 }, (_, i) => binary.readFloatLE(4 * i));
  }
  const answer = JSON.parse(body.toString());
  const outputs = answer.outputs ?? answer;
  return (outputs[0]?.data ?? outputs).flat(Infinity);
}
