import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startLeashed } from "../leash.mjs";

const server = fileURLToPath(new URL("server.py", import.meta.url));
const watchMs = 200;
const keptOutput = 4_000;

/** How long each command may take, in milliseconds, and how much memory the worker may hold, in bytes. */
const defaultLimits = Object.freeze({
  start: 120_000,
  setup: 60_000,
  load: 300_000,
  online: 300_000,
  offline: 600_000,
  memory: 20e9,
});

/**
 * Starts Feast in a Python process of its own, which reads commands from a pipe: rounds of it and of another system
 * can so be run in turn. Commands are answered in the order in which they were given. A command that is over its
 * limits ends the process: every call then rejects, and another peer is to be started.
 *
 * @returns {Promise<import("./peer.mjs").FeastPeer>}
 */
export async function startFeast({ python, redisPort, folder, redisDb = 1, limits: given = {} }) {
  const limits = { ...defaultLimits, ...given };
  const worker = startWorker(python, folder, limits.memory);
  const call = (command, body, limit = limits[command]) => worker.call({ command, ...body }, limit);
  const redis = { host: "127.0.0.1", port: redisPort, db: redisDb };
  try {
    const versions = await call("versions", {}, limits.start);
    return Object.freeze({
      versions,
      pid: worker.pid,
      setup: (store) => call("setup", { redis, folder, offline: "duckdb", services: [], ...store }),
      load: (data) => call("load", { method: "write", ...data }),
      online: (reads) => call("online", { form: "response", collector: "frozen", ...reads }),
      values: (request) => call("values", request, limits.online),
      offline: (join) => call("offline", join),
      close: worker.close,
    });
  } catch (error) {
    await worker.close();
    throw error;
  }
}

function startWorker(python, folder, memoryLimit) {
  // What DuckDB spills goes to the working folder.
  const leashed = startLeashed(python, ["-B", server], { cwd: folder, env: quietEnvironment() });
  const waiting = new Map();
  let said = "";
  let over;
  let lastId = 0;
  leashed.child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-keptOutput)));
  createInterface({ input: leashed.child.stdout }).on("line", (line) => {
    const { id, result, error } = JSON.parse(line);
    waiting.get(id)?.(error ? new Error(`Feast: ${error.type}: ${error.message}`) : undefined, result);
  });
  const fail = (reason) => {
    over ??= reason;
    for (const settle of waiting.values()) settle(new Error(`Feast: ${over}`));
  };
  const end = (reason) => {
    fail(reason);
    return leashed.stop();
  };
  void leashed.ended.then(({ code, signal, error }) =>
    fail(`the process ended (${error?.message ?? signal ?? code}): ${said.trim()}`),
  );

  function call(command, limitMs) {
    if (over) return Promise.reject(new Error(`Feast: ${over}`));
    return new Promise((resolve, reject) => {
      const id = ++lastId;
      const limit = setTimeout(() => void end(`'${command.command}' took over ${limitMs / 1000} s`), limitMs);
      const watch = watchMemory(leashed.child.pid, memoryLimit, (bytes) => {
        void end(
          `'${command.command}' held ${(bytes / 1e9).toFixed(1)} GB, over its ${memoryLimit / 1e9} GB`,
        );
      });
      waiting.set(id, (error, result) => {
        waiting.delete(id);
        clearTimeout(limit);
        clearInterval(watch);
        if (error) reject(error);
        else resolve(result);
      });
      leashed.child.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
    });
  }
  return { call, pid: leashed.child.pid, close: () => end("the peer was closed").then(() => undefined) };
}

/** Tells when the process holds more than `limit` bytes; where there is no /proc, nothing is told. */
const watchMemory = (pid, limit, tell) =>
  setInterval(() => {
    readFile(`/proc/${pid}/status`, "utf8").then(
      (status) => {
        const bytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
        if (bytes > limit) tell(bytes);
      },
      () => undefined,
    );
  }, watchMs);

/** What this shell has set for Python or Feast must not change what is measured. */
function quietEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(FEAST|PYTHON|DASK|VIRTUAL_ENV)/.test(name));
  return { ...Object.fromEntries(kept), FEAST_USAGE: "False", FEAST_TELEMETRY: "False", TZ: "UTC" };
}
