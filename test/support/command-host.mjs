// Runs the built command many times in one process, one run after another: most of what a short command costs is
// starting Node and loading packages. Each line of standard input is a run; each line of standard output its end.
import { createInterface } from "node:readline";

const main = new URL("../../dist/cli/main.js", import.meta.url);
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"];
const write = process.stdout.write.bind(process.stdout);
let written = { stdout: "", stderr: "" };
let runs = 0;

/** What a command writes belongs to its answer. */
function collect(name) {
  process[name].write = (text, encoding, done) => {
    written[name] += typeof text === "string" ? text : Buffer.from(text).toString("utf8");
    const finished = typeof encoding === "function" ? encoding : done;
    if (finished) queueMicrotask(finished);
    return true;
  };
}
collect("stdout");
collect("stderr");

async function runOnce({ folder, args }) {
  written = { stdout: "", stderr: "" };
  process.chdir(folder);
  process.argv.splice(1, Infinity, main.pathname, ...args);
  process.exitCode = undefined;
  try {
    // Another query makes it another module, so that the command's own file runs again.
    await import(`${main.href}?run=${++runs}`);
  } catch (error) {
    process.exitCode = 1;
    written.stderr += `${error.stack}\n`;
  }
  for (const name of signals) process.removeAllListeners(name);
  return { code: process.exitCode ?? 0, signal: null, ...written };
}

for await (const line of createInterface({ input: process.stdin })) {
  write(`${JSON.stringify(await runOnce(JSON.parse(line)))}\n`);
}
process.exit(0);
