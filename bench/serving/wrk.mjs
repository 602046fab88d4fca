import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("post.lua", import.meta.url));
const run = promisify(execFile);

/** The version of wrk, or an error that says how to get it. */
export async function wrkVersion() {
  // It has no option that ends well: `-v` says its version and fails.
  const said = await run("wrk", ["-v"]).catch((error) => error);
  const version = /^wrk (\S+)/.exec(said.stdout ?? "")?.[1];
  if (version !== undefined) return version;
  throw new Error(`expected wrk on the PATH, found: ${said.message}; install it with apt-get install wrk`);
}

/**
 * A closed loop: each connection sends its next request when it has the answer to the last. One thread of wrk.
 *
 * @param {{ port: number, requests: { path: string, headers: object, body: Buffer }[] }} target
 * @param {{ connections: number, seconds: number, folder: string }} settings
 */
export async function closedLoop({ port, requests }, { connections, seconds, folder: parent }) {
  const folder = await mkdtemp(join(parent, "wrk-"));
  try {
    const [{ path, headers }] = requests;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
    await writeFile(join(folder, "headers"), lines.join(""));
    for (const [number, { body }] of requests.entries()) await writeFile(join(folder, String(number)), body);
    const { stdout } = await run("wrk", [
      ...["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "--timeout", "30s", "-s", script],
      ...[`http://127.0.0.1:${port}${path}`, "--", folder, String(requests.length)],
    ]);
    const told = JSON.parse(stdout.trim().split("\n").at(-1));
    const failed = told.badStatus + told.socketErrors + told.timeouts;
    const perSecond = (told.requests - told.badStatus) / told.seconds;
    return {
      requestsPerSecond: perSecond,
      p50Ms: told.p50,
      p99Ms: told.p99,
      requests: told.requests,
      failed,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
