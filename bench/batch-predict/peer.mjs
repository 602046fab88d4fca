import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { pythonEnvironment } from "../python-environment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The Python of the peer. */
export const peerPython = (report) =>
  pythonEnvironment({
    folder: here("../.venv-serving/batch-predict"),
    requirements: here("requirements.txt"),
    report,
  });

/** The faster of the peer's ways over a file: which, and a function that predicts with it into a file of its own. */
export async function fastestPeer(python, { graph, folder, file, cores }) {
  const model = join(folder, "peer.onnx");
  await writeFile(model, graph);
  const out = join(folder, "peer.parquet");
  const run = async ({ workers, threads }, ...more) => {
    const args = [model, file, out, "--workers", String(workers), "--threads", String(threads), ...more];
    const { stdout } = await promisify(execFile)(python, [here("peer.py"), ...args]);
    return JSON.parse(stdout);
  };
  const ways = [{ workers: cores, threads: 1 }, ...(cores > 1 ? [{ workers: 1, threads: cores }] : [])];
  let best;
  for (const way of ways) {
    const { rowsPerSecond } = await run(way, "--rows", "200000");
    if (best === undefined || rowsPerSecond > best.rowsPerSecond) best = { rowsPerSecond, way };
  }
  return { way: best.way, out, run: () => run(best.way) };
}

/** Throws where two outputs differ in a carried column or, by more than 1e-4, in a prediction. */
export async function expectSameRows(one, other, columns) {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "512MB" });
  const connection = await instance.connect();
  const alike = [...columns.map((name) => `a.${name} = b.${name}`), "abs(a.y - b.y) <= 1e-4"].join(" AND ");
  const rows = (path) => `read_parquet('${path}')`;
  const read = await connection.runAndReadAll(
    `SELECT count(*), count(*) FILTER (WHERE NOT coalesce(${alike}, false)) FROM ${rows(one)} a POSITIONAL JOIN ${rows(other)} b`,
  );
  connection.closeSync();
  instance.closeSync();
  const [[count, wrong]] = read.getRows();
  if (count === 0n || wrong !== 0n)
    throw new Error(`expected equal outputs, found ${wrong} of ${count} rows to differ`);
}
