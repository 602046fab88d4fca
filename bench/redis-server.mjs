import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { startLeashed } from "./leash.mjs";

const host = "127.0.0.1";
const attempts = 5;

/**
 * Starts a Redis server of its own: on a free port of this machine, with nothing written to disk, in a temporary
 * folder that goes when it is closed.
 *
 * @returns {Promise<import("./redis-server.mjs").RedisServer>}
 */
export async function startRedis({ program = "redis-server", timeoutMs = 10_000 } = {}) {
  const version = await versionOf(program);
  const folder = await mkdtemp(join(tmpdir(), "millwright-redis-"));
  try {
    const { port, server } = await listen(program, folder, timeoutMs);
    const close = async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
    return Object.freeze({
      host,
      port,
      url: `redis://${host}:${port}`,
      version,
      pid: server.child.pid,
      close,
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function versionOf(program) {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"]);
    return /v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim();
  } catch (error) {
    throw new Error(
      `expected Redis as '${program}' on the PATH, found: ${error.message}; ` +
        "install it, for example with apt-get install redis-server",
      { cause: error },
    );
  }
}

/** Another process may take the port between the question and the start: then there is another one. */
async function listen(program, folder, timeoutMs) {
  let failure;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await freePort();
    const server = startLeashed(program, settings(port, folder), { cwd: folder });
    failure = await whyNotReady(server, timeoutMs);
    if (failure === undefined) return { port, server };
    await server.stop();
  }
  throw new Error(`expected ${program} to accept connections, found: ${failure}`);
}

const settings = (port, folder) => [
  ...["--port", String(port), "--bind", host, "--dir", folder],
  ...["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "notice"],
];

/** Undefined once the server accepts connections, or what it said instead. */
async function whyNotReady({ child, ended }, timeoutMs) {
  const said = [];
  let impatience;
  const ready = new Promise((resolve) => {
    impatience = setTimeout(() => resolve(`nothing within ${timeoutMs} ms`), timeoutMs);
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(line);
      if (line.includes("Ready to accept connections")) resolve(undefined);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => said.push(text));
  });
  const failed = ended.then(
    (end) => `${end.error?.message ?? `exit ${end.code}`}: ${said.slice(-3).join(" ")}`,
  );
  const why = await Promise.race([ready, failed]);
  clearTimeout(impatience);
  return why;
}

/** A port that nobody listened on a moment ago. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
