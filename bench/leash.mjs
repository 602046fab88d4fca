import { spawn } from "node:child_process";

/** The shell waits for the end of descriptor 3, which only this process holds open; then it ends the program. */
const leash = '( cat <&3 >/dev/null 2>&1; kill "$$" ) >/dev/null 2>&1 & exec "$@" 3<&-';

/**
 * Starts a program that ends when this process ends, however that is: not even a killed benchmark leaves a server
 * behind. `stop` ends it by its own id and resolves when it has ended.
 */
export function startLeashed(program, args, { cwd, env = process.env, graceMs = 5_000 }) {
  const child = spawn("/bin/sh", ["-c", leash, "leash", program, ...args], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  for (const stream of child.stdio) stream.on("error", () => undefined);
  return { child, ended, stop: () => stop(child, ended, graceMs) };
}

async function stop(child, ended, graceMs) {
  const impatience = setTimeout(() => child.kill("SIGKILL"), graceMs);
  child.stdio[3].destroy();
  const end = await ended;
  clearTimeout(impatience);
  for (const stream of child.stdio) stream.destroy();
  return end;
}
