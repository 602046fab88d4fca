// npm run demo [-- arguments]   sets up, then runs examples/flights/demo.js with the same arguments
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root, setUp } from "./setup.mjs";

try {
  await setUp({ quiet: true });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(3);
}

const demo = spawn(process.execPath, ["examples/flights/demo.js", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // A terminal has already sent Ctrl-C to the demo: a second one would mean "at once".
    if (signal !== "SIGINT" || !process.stdin.isTTY) demo.kill(signal);
  });
}
demo.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 3;
});
demo.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
