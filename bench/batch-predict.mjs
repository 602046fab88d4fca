// node bench/batch-predict.mjs [--rows 2000000] [--rounds 3] [--models trees-100,...] [--columns all|none] [--threads 2] [--peer python|none] [--memory]
//
// Rows a second of `predictFile` over a Parquet file of 32 floats a row, from reading to the output on the disk, beside
// bare loops of onnxruntime-node over as many rows that lie in memory, row-major, on as many cores: one over one session
// that has all threads, and one on each core over a session of its own, each in the fastest of batches of 1,024 to 65,536
// rows. They run in turn. Only the start of this process is not counted: sessions are opened, probes run and workers
// started within the measured time of Millwright, and before that of the bare loops. Beside the clock stands the
// processor time of a row, which other work on the machine disturbs less. Prints one line of JSON.
// Beside both stands a peer that does the same job, from file to file: pyarrow reads the columns and writes them and the
// predictions, ONNX Runtime for Python computes, in the faster of two arrangements; its output is compared with ours.
// With --memory: the peak of files of one and of five times the rows, each in a process of its own. It needs
// `npm run build`.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { bareLoop, waysOf } from "./batch-predict/bare.mjs";
import { cpuSeconds } from "./batch-predict/cpu.mjs";
import { inputs, models } from "./batch-predict/models.mjs";
import { expectSameRows, fastestPeer, peerPython } from "./batch-predict/peer.mjs";

const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "2000000" },
    rounds: { type: "string", default: "3" },
    models: { type: "string", default: Object.keys(models).join(",") },
    columns: { type: "string", default: "all" },
    threads: { type: "string", default: String(availableParallelism()) },
    peer: { type: "string", default: "python" },
    memory: { type: "boolean", default: false },
    once: { type: "string" },
  },
});
const [rows, rounds, threads] = ["rows", "rounds", "threads"].map((name) => Number(values[name]));
const names = values.models.split(",");
const strange = names.find((name) => !(name in models));
if (strange !== undefined)
  throw new Error(`expected some of ${Object.keys(models).join(", ")}, found ${strange}`);

if (!["python", "none"].includes(values.peer))
  throw new Error(`expected --peer python or none, found ${values.peer}`);

/** Columns that both outputs have besides the prediction; the peer carries all of them whatever is asked of us. */
const carried = values.columns === "all" ? Array.from({ length: inputs }, (_, i) => `x_${i}`) : [];

async function writeRows(path, count) {
  const columns = Array.from({ length: inputs }, (_, i) => `random()::FLOAT AS x_${i}`).join(", ");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "512MB" });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT ${columns} FROM range(${count})) TO '${path}' (FORMAT parquet, COMPRESSION snappy)`,
  );
  connection.closeSync();
  instance.closeSync();
}

async function openBench(folder) {
  const { openProject } = await built("compose/index.js");
  const { importModel } = await built("lifecycle/index.js");
  const index = new URL("../dist/index.js", import.meta.url).href;
  await writeFile(
    join(folder, "millwright.config.mjs"),
    `import { defineProject } from ${JSON.stringify(index)};\nexport default defineProject({ name: "bench", models: [] });\n`,
  );
  const project = await openProject(folder, { threads });
  for (const name of names) await importModel(project, { name, graph: models[name]() });
  return project;
}

async function predict(project, { name, file, out }) {
  const { predictFile } = await built("lifecycle/index.js");
  const [cpu, begin] = [cpuSeconds(), performance.now()];
  const done = await predictFile(
    project,
    {
      ...{ model: `${name}@1`, file: { format: "parquet", path: file }, out, force: true },
      ...(values.columns === "all" ? {} : { columns: [] }),
    },
    { files: project.files },
  );
  const seconds = (performance.now() - begin) / 1000;
  return { rowsPerSecond: done.rows / seconds, cpuNsPerRow: ((cpuSeconds() - cpu) / done.rows) * 1e9 };
}

function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
const rounded = (list, key) => list.map((one) => Math.round(one[key]));

async function compare(project, { name, file, out, python, folder }) {
  const graph = models[name]();
  const loops = {};
  for (const [way, arranged] of Object.entries(waysOf(threads)))
    loops[way] = await bareLoop(graph, { rows, ...arranged });
  const peer = python && (await fastestPeer(python, { graph, folder, file, cores: threads }));
  const rivals = { ...loops, ...(peer && { "file to file": peer }) };
  const own = [];
  const measured = Object.fromEntries(Object.keys(rivals).map((rival) => [rival, []]));
  const load = [];
  try {
    for (let round = 0; round < rounds; round++) {
      own.push(await predict(project, { name, file, out }));
      for (const [rival, { run }] of Object.entries(rivals)) measured[rival].push(await run());
      load.push(Math.round(loadavg()[0] * 10) / 10);
    }
  } finally {
    for (const loop of Object.values(loops)) await loop.end();
  }
  if (peer) await expectSameRows(out, peer.out, carried);
  return {
    ...{ model: name, load },
    rowsPerSecond: rounded(own, "rowsPerSecond"),
    cpuNsPerRow: rounded(own, "cpuNsPerRow"),
    beside: Object.fromEntries(
      Object.entries(rivals).map(([rival, { way }]) => [rival, { way, ...beside(own, measured[rival]) }]),
    ),
  };
}

/** What a rival did, and how many times its rows a second ours are, round by round. */
function beside(own, rival) {
  const ratios = rival.map((one, i) => own[i].rowsPerSecond / one.rowsPerSecond);
  const work = rival.map((one, i) => one.cpuNsPerRow / own[i].cpuNsPerRow);
  return {
    rowsPerSecond: rounded(rival, "rowsPerSecond"),
    cpuNsPerRow: rounded(rival, "cpuNsPerRow"),
    ...{ ratio: median(ratios), ratios, cpuRatio: median(work), cpuRatios: work },
  };
}

/** The peer's Python; undefined where it is not wanted or cannot be had, which is said. */
async function pythonOrNone() {
  if (values.peer === "none") return undefined;
  try {
    return await peerPython((text) => console.error(text));
  } catch (error) {
    console.error(`without the peer: ${error.message}`);
    return undefined;
  }
}

async function speed(folder) {
  const file = join(folder, "rows.parquet");
  await writeRows(file, rows);
  const project = await openBench(folder);
  const python = await pythonOrNone();
  const results = [];
  for (const name of names)
    results.push(await compare(project, { name, file, out: join(folder, "out.parquet"), python, folder }));
  await project.close();
  const { columns } = values;
  return { rows, inputs, columns, threads, processor: cpus()[0].model, results };
}

/** Peak memory of this process and of one file. */
async function once(folder, count) {
  const project = await openBench(folder);
  const out = join(folder, "out.parquet");
  await predict(project, { name: names[0], file: join(folder, "rows.parquet"), out });
  await project.close();
  const peak = process.resourceUsage().maxRSS / 1024;
  return { rows: count, peakMb: Math.round(peak), outputBytes: (await stat(out)).size };
}

async function memory() {
  const measured = [];
  for (const count of [rows, 5 * rows]) {
    const folder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
    try {
      await writeRows(join(folder, "rows.parquet"), count);
      const facts = { once: folder, rows: count, models: names[0], threads };
      const args = Object.entries(facts).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const script = fileURLToPath(import.meta.url);
      measured.push(JSON.parse(execFileSync(process.execPath, [script, ...args], { encoding: "utf8" })));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { inputs, model: names[0], threads, measured };
}

async function main() {
  if (values.once !== undefined) return once(values.once, rows);
  if (values.memory) return memory();
  const folder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
  try {
    return await speed(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

console.log(JSON.stringify(await main()));
