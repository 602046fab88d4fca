import { redisTileStore } from "../dist/adapters/redis/index.js";
import { createSharedState, featureSet } from "../dist/features/index.js";
import * as millwright from "../dist/index.js";
import { tableOf } from "../dist/kernel/index.js";
import { generatedFeatures, writeGenerated } from "./feast/workloads.mjs";

const { events, last, max, mean, min, parquet, sum, t, view } = millwright;

const entities = 1_000;
const eventsPerEntity = 200;
const hourMs = 3_600_000;
const spanMs = 30 * 24 * hourMs;
const startMs = Date.UTC(2026, 0, 1);
const nowMs = startMs + spanMs;
const valueColumns = Array.from({ length: 10 }, (_, i) => `v${i}`);
const allWindows = ["1h", "6h", "24h", "7d", "30d"];

/** Number features over sliding windows: ten columns, five aggregations, as many windows as are given. */
function windowedView(name, windows) {
  const source = events(name, {
    from: parquet("generated.parquet"),
    schema: {
      at: t.timestamp(),
      key: t.int(),
      ...Object.fromEntries(valueColumns.map((column) => [column, t.int()])),
    },
    eventTime: "at",
  });
  const aggregations = { sum, mean, min, max, last };
  return view(`${name}_windows`, {
    source,
    entity: { thing: "key" },
    features: (f) =>
      Object.fromEntries(
        windows.flatMap((window) =>
          valueColumns.flatMap((column) =>
            Object.entries(aggregations).map(([kind, of]) => [
              `${column}_${kind}_${window}`,
              of(f[column]).over(window),
            ]),
          ),
        ),
      ),
  });
}

/** The very table that Feast stores: the latest value of each column. */
function latestView(name, features) {
  const source = events(name, {
    from: parquet("generated.parquet"),
    schema: {
      at: t.timestamp(),
      key: t.int(),
      ...Object.fromEntries(features.map((feature) => [feature.name, t.float()])),
    },
    eventTime: "at",
  });
  return view(`${name}_latest`, {
    source,
    entity: { thing: "key" },
    features: (f) => Object.fromEntries(features.map(({ name }) => [name, last(f[name]).over("30d")])),
  });
}

/** A linear congruential stream (Numerical Recipes' constants): the same events on every machine. */
function* numbers(seed) {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

function windowedRows() {
  const stream = numbers(1);
  const next = (bound) => Math.floor((stream.next().value / 2 ** 32) * bound);
  return Array.from({ length: entities * eventsPerEntity }, (_, i) => [
    startMs + next(spanMs),
    i % entities,
    ...valueColumns.map(() => next(1_000)),
  ]);
}

async function openState(url, viewOf, rows) {
  const tiles = redisTileStore({ url, prefix: "bench", timeoutMs: 5_000 });
  const state = createSharedState([viewOf], {
    tiles,
    partition: "bench",
    // As the server names it: the view, and the history that it stands on.
    spaceOf: ({ hash, name }) => `${hash.slice(0, 16)}:${name}@${nowMs}`,
  });
  await state.resume();
  await state.load(viewOf.source, tableOf(viewOf.source.schema, rows), nowMs);
  const set = featureSet({ views: { thing: viewOf }, request: {} });
  const reader = state.reader(set);
  return {
    features: set.columns.length,
    read: (keys) => readInputs(reader, keys),
    vector: (key) => readInputs(reader, [key]),
    close: () => tiles.close(),
  };
}

/** Reads the vectors of all keys into one block of numbers, row by row, as a model takes them. */
async function readInputs(reader, keys) {
  const width = reader.numberCount;
  const inputs = new Float32Array(keys.length * width);
  await reader.read(
    keys.map((key, row) => ({
      values: [key],
      timeMs: nowMs,
      out: { numbers: inputs.subarray(row * width, (row + 1) * width), texts: [] },
    })),
  );
  return inputs;
}

/** The two shapes of the comparison. Under 500 requests the slowest few alone would make the 99th percentile. */
const shapes = [
  { name: "1 row x 250 features", rows: 1, features: 250, windows: allWindows, requests: 1_000 },
  { name: "100 rows x 50 features", rows: 100, features: 50, windows: ["24h"], requests: 500 },
];

/** Reads one request after the other, as the peer does, and takes the time of each. */
async function readRound(read, batches) {
  const latencies = new Float64Array(batches.length);
  const started = performance.now();
  for (const [i, keys] of batches.entries()) {
    const at = performance.now();
    await read(keys);
    latencies[i] = performance.now() - at;
  }
  return summary(latencies, (performance.now() - started) / 1000);
}

function summary(latencies, seconds) {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1];
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const medians = (rounds) =>
  Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]));

/** Feast's forms of the read that were fastest for each shape; it is judged by the better one. */
const peerReads = { service: { service: "plain" }, vectors: { service: "vectors" } };

/** Both systems on one Redis, in turn, each request after the other: medians of the rounds. */
export async function measureOnline({ feast, files, redis, folder, rounds }) {
  const results = [];
  for (const shape of shapes)
    results.push(await measureShape({ feast, files, redis, folder, rounds }, shape));
  return results;
}

async function measureShape({ feast, files, redis, folder, rounds }, shape) {
  const name = `shape${shape.features}`;
  const generated = await writeGenerated(files, { folder, name, entities, features: shape.features });
  const features = generatedFeatures(shape.features);
  await feast.setup({
    name,
    entities: [{ name: `${name}_entity`, key: generated.key, type: "int64" }],
    views: [{ name, entity: `${name}_entity`, source: generated.path, features }],
    services: [
      { name: "plain", views: [name] },
      { name: "vectors", views: [name], precompute: true },
    ],
  });
  await feast.load({ store: name, view: name, source: generated.path, precompute: ["vectors"] });
  const stored = await files.rows(`FROM '${generated.path}' ORDER BY ${generated.key}`);
  const latestRows = stored.map((row) => [
    nowMs - hourMs,
    Number(row[generated.key]),
    ...features.map((feature) => Number(row[feature.name])),
  ]);
  const windows = await openState(redis.url, windowedView(name, shape.windows), windowedRows());
  const latest = await openState(redis.url, latestView(`${name}_values`, features), latestRows);
  try {
    const wrong = await countWrong(latest, latestRows);
    const batches = Array.from({ length: shape.requests }, (_, request) =>
      Array.from({ length: shape.rows }, (_, index) => (request * 37 + index * 11) % entities),
    );
    const contenders = {
      "millwright, windows": () => readRound(windows.read, batches),
      "millwright, latest values": () => readRound(latest.read, batches),
      ...Object.fromEntries(
        Object.entries(peerReads).map(([form, read]) => [
          `feast, ${form}`,
          async () => {
            const answer = await feast.online({ store: name, read, key: generated.key, requests: batches });
            return summary(answer.latencies, answer.seconds);
          },
        ]),
      ),
    };
    return {
      shape: shape.name,
      requests: shape.requests,
      rounds,
      wrong,
      ...(await inTurn(contenders, rounds)),
    };
  } finally {
    await windows.close();
    await latest.close();
  }
}

/** One round of each to warm up, then the rounds, each contender in turn. */
async function inTurn(contenders, rounds) {
  const measured = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (const run of Object.values(contenders)) await run();
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) measured[name].push(await run());
  }
  const systems = Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, medians(all)]));
  const peer = Object.entries(systems).filter(([name]) => name.startsWith("feast"));
  const best = Math.max(...peer.map(([, { perSecond }]) => perSecond));
  const lowest = Math.min(...peer.map(([, { p99Ms }]) => p99Ms));
  const ratios = Object.fromEntries(
    Object.entries(systems)
      .filter(([name]) => name.startsWith("millwright"))
      .map(([name, { perSecond, p99Ms }]) => [name, { throughput: perSecond / best, p99: p99Ms / lowest }]),
  );
  return { systems, ratios };
}

/** Values that differ from what was stored, in 32 bits as a model takes them. */
async function countWrong(state, rows) {
  let wrong = 0;
  for (const [, key, ...values] of rows) {
    const vector = await state.vector(key);
    values.forEach((value, i) => {
      if (vector[i] !== Math.fround(value)) wrong++;
    });
  }
  return wrong;
}
