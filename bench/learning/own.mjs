// node own.mjs millwright FOLDER OPTIONS: what peer.py does, by Millwright.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ort from "onnxruntime-node";
import { predict } from "../../dist/learning/fitted-model.js";
import { toOnnx, trainGbdt } from "../../dist/learning/index.js";

const [, , , folder, given] = process.argv;
const options = JSON.parse(given);
const about = JSON.parse(readFileSync(join(folder, "table.json"), "utf8"));
const { rows } = about;

/** The numbers of a file, in shared memory so that training takes no copy. */
function column(file, Kind) {
  const bytes = readFileSync(join(folder, file));
  const values = new Kind(new SharedArrayBuffer(bytes.length));
  new Uint8Array(values.buffer).set(bytes);
  return values;
}

const features = about.features.map(({ name, kind, file, dictionary }) =>
  kind === "number"
    ? { kind, name, values: column(file, Float32Array) }
    : { kind, name, codes: column(file, Int32Array), dictionary },
);
const target = column("target.bin", Float64Array);

/** Some rows; a stretch from the first on is a window on the same memory. */
function take(chosen) {
  const of = (values) => {
    if (chosen.end !== undefined) return values.subarray(chosen.start, chosen.end);
    const taken = new values.constructor(new SharedArrayBuffer(values.BYTES_PER_ELEMENT * chosen.length));
    for (let i = 0; i < chosen.length; i++) taken[i] = values[chosen[i]];
    return taken;
  };
  const values = of(target);
  const targets = {
    binary: () => ({ kind: "binary", labels: Uint8Array.from(values) }),
    multiclass: () => ({ kind: "multiclass", labels: Uint16Array.from(values), classes: about.classes }),
    regression: () => ({ kind: "regression", values }),
  };
  return {
    rowCount: values.length,
    features: features.map((feature) =>
      feature.kind === "number"
        ? { ...feature, values: of(feature.values) }
        : { ...feature, codes: of(feature.codes) },
    ),
    target: targets[about.task](),
  };
}

const learner = {
  trees: options.trees,
  leaves: options.leaves,
  learningRate: options.learningRate,
  maxBins: options.bins,
  minLeafRows: options.minLeafRows,
  ...(about.task === "regression" ? { loss: about.loss } : {}),
  ...options.learner,
};
const results = { seconds: 0, cpuSeconds: 0, peakRssBytes: 0, rowsApart: 0, largestApart: 0, hashes: [] };

async function train(trainRows) {
  const examples = take(trainRows);
  const started = performance.now();
  const cpu = process.cpuUsage();
  const model = await trainGbdt(examples, learner, { threads: options.threads });
  results.seconds += (performance.now() - started) / 1e3;
  const used = process.cpuUsage(cpu);
  results.cpuSeconds += (used.user + used.system) / 1e6;
  results.peakRssBytes = Math.max(results.peakRssBytes, process.resourceUsage().maxRSS * 1024);
  results.hashes.push(createHash("sha256").update(JSON.stringify(model)).digest("hex").slice(0, 16));
  return model;
}

/** What ONNX Runtime makes of the rows, next to the reference. */
async function compareOnnx(model, table, expected) {
  const graph = toOnnx(model, { producer: "bench", producerVersion: "0", graphName: "bench", doc: "" });
  const session = await ort.InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const width = expected.length / table.rowCount;
  const batch = 10_000;
  for (let start = 0; start < table.rowCount; start += batch) {
    const end = Math.min(table.rowCount, start + batch);
    const output = await session.run(feeds(table, start, end));
    Object.values(output)[0].data.forEach((value, i) => {
      const reference = expected[width * start + i];
      const apart = Math.abs(value - reference) / Math.max(1, Math.abs(reference));
      results.largestApart = Math.max(results.largestApart, apart);
      if (apart > 1e-6) results.rowsApart++;
    });
  }
}

function feeds(table, start, end) {
  const count = end - start;
  const numbers = table.features.filter(({ kind }) => kind === "number");
  const texts = table.features.filter(({ kind }) => kind === "text");
  const numeric = new Float32Array(count * numbers.length);
  numbers.forEach(({ values }, j) => {
    for (let i = 0; i < count; i++) numeric[i * numbers.length + j] = values[start + i];
  });
  const text = new Array(count * texts.length);
  texts.forEach(({ codes, dictionary }, j) => {
    for (let i = 0; i < count; i++) text[i * texts.length + j] = dictionary[codes[start + i]] ?? "";
  });
  return {
    ...(numbers.length > 0 ? { numeric: new ort.Tensor("float32", numeric, [count, numbers.length]) } : {}),
    ...(texts.length > 0 ? { text: new ort.Tensor("string", text, [count, texts.length]) } : {}),
  };
}

const width = Math.max(1, about.classes.length);
let out;
if (options.test === "last") {
  const cut = Math.floor(rows / 5) * 4;
  const model = await train({ start: 0, end: cut });
  const test = take({ start: cut, end: rows });
  const predicted = predict(model, test);
  await compareOnnx(model, test, predicted);
  out = Float64Array.from(predicted);
} else {
  const folds = readFileSync(join(folder, "folds.bin"));
  out = new Float64Array(about.repetitions * rows * width);
  for (let repetition = 0; repetition < about.repetitions; repetition++) {
    const foldOf = folds.subarray(repetition * rows, (repetition + 1) * rows);
    const all = Uint32Array.from({ length: rows }, (_, row) => row);
    for (let fold = 0; fold < 5; fold++) {
      const model = await train(all.filter((row) => foldOf[row] !== fold));
      const testRows = all.filter((row) => foldOf[row] === fold);
      const test = take(testRows);
      const predicted = predict(model, test);
      if (repetition === 0) await compareOnnx(model, test, predicted);
      testRows.forEach((row, i) =>
        out.set(predicted.subarray(i * width, (i + 1) * width), (repetition * rows + row) * width),
      );
    }
  }
}
writeFileSync(options.out, new Uint8Array(out.buffer));
process.stdout.write(`${JSON.stringify(results)}\n`);
