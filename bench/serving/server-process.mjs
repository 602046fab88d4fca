import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const host = "127.0.0.1";
const keptOutput = 6_000;
const graceMs = 10_000;
const pollMs = 100;

/**
 * The shell waits for the end of descriptor 3, which only this process holds open; then it ends the whole group, so
 * that not even a killed benchmark leaves a server behind.
 */
const leash =
  '( trap "" TERM INT; cat <&3 >/dev/null 2>&1; kill -s TERM -- "-$$"; sleep 5; kill -s KILL -- "-$$" ) ' +
  '>/dev/null 2>&1 & exec "$@" 3<&-';

/** Ports that nobody listened on a moment ago, all different. */
export async function freePorts(count) {
  const probes = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const probe = createServer().once("error", reject);
          probe.listen(0, host, () => resolve(probe));
        }),
    ),
  );
  const ports = probes.map((probe) => probe.address().port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

/**
 * Starts a server in a process group of its own. `stop` ends the group, and what left the group, which is known by
 * a mark in its environment; it resolves when nothing of it is left.
 *
 * @param {string[]} command
 * @param {{ cwd: string, env: Record<string, string> }} given
 */
export function startServer([program, ...args], { cwd, env }) {
  const mark = `MILLWRIGHT_BENCH_SERVER=${randomUUID()}`;
  const child = spawn("/bin/sh", ["-c", leash, "leash", program, ...args], {
    cwd,
    env: { ...env, [mark.split("=")[0]]: mark.split("=")[1] },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-keptOutput)));
  }
  child.stdio[3].on("error", () => undefined);
  let over;
  const ended = new Promise((resolve) => {
    const end = (why) => {
      over = why;
      resolve(why);
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(`ended with ${signal ?? code}`));
  });
  return Object.freeze({
    pid: child.pid,
    said: () => said.trim(),
    /** Why it ended, or undefined while it runs. */
    over: () => over,
    stop: () => stop({ child, ended, mark }),
  });
}

async function stop({ child, ended, mark }) {
  signal(-child.pid, "SIGTERM");
  await Promise.race([ended, wait(graceMs, undefined, { ref: false })]);
  signal(-child.pid, "SIGKILL");
  for (const pid of await marked(mark)) signal(pid, "SIGKILL");
  child.stdio[3].destroy();
  await ended;
  while ((await marked(mark)).length > 0) await wait(pollMs);
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** The processes that have the mark in their environment. */
async function marked(mark) {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return environment.includes(mark) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined && pid !== process.pid);
}
