// What a fresh clone needs before anything runs: the locked packages and a build. Plain Node, no packages.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const oldestNode = [20, 12];

/** Why `node_modules` is not what package-lock.json says, or undefined when it is. */
function whyInstall() {
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return "packages are not installed";
  const { "": _self, ...wanted } = readPackages(join(root, "package-lock.json"));
  const present = readPackages(installed);
  const stale = Object.keys({ ...wanted, ...present }).find(
    (path) => !samePackage(wanted[path], present[path]),
  );
  return stale && `${stale} differs from package-lock.json`;
}

const readPackages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;

/** An optional package may be absent: npm leaves out those of other platforms. */
function samePackage(wanted, present) {
  if (!wanted) return false;
  if (!present) return Boolean(wanted.optional);
  return wanted.version === present.version && wanted.integrity === present.integrity;
}

/** Runs a program to its end. Its output is shown at once, or when `quiet`, only returned. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
    const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env } });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ ok: code === 0, code, signal, output: Buffer.concat(chunks).toString("utf8") }),
    );
  });
}

/** npm by the path that started us, so that no second npm on the PATH is met. */
function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith(".js") ? run(process.execPath, [cli, ...args], options) : run("npm", args, options);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `Millwright needs Node ${oldestNode.join(".")} or later; this is ${process.versions.node}.`,
  );
}

async function stage(title, work, quiet) {
  const startMs = performance.now();
  process.stderr.write(`${title} …${quiet ? "" : "\n"}`);
  const { ok, output } = await work();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stderr.write(quiet ? ` ${ok ? "done" : "failed"}, ${seconds} s\n` : `${title}: ${seconds} s\n`);
  if (ok) return;
  process.stderr.write(output);
  throw new Error(`${title} failed.`);
}

/**
 * Installs what package-lock.json says, if it is not there already, and builds. Writes to standard error
 * alone: with `quiet` one line per stage, and the full output only of a stage that failed.
 */
export async function setUp({ quiet = true } = {}) {
  checkNode();
  const reason = whyInstall();
  if (reason) await stage(`Installing (${reason})`, () => runNpm(["ci", "--no-progress"], { quiet }), quiet);
  await stage("Building", () => run(process.execPath, ["scripts/build.mjs"], { quiet }), quiet);
}
