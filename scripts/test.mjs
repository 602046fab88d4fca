// npm test                    sets up and runs every check and every test
// npm test -- src/kernel      sets up and runs the tests whose path matches; other arguments go to vitest
// npm run check               runs the checks that need no test run
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, setUp } from "./setup.mjs";

const bin = (path) => join(root, "node_modules", path);

/** The longest first. */
const checks = [
  { title: "lint", args: [bin("eslint/bin/eslint.js"), "."] },
  { title: "types", args: [bin("typescript/bin/tsc"), "--noEmit", "-p", "."] },
  { title: "format", args: [bin("prettier/bin/prettier.cjs"), "--check", "--log-level", "warn", "."] },
  { title: "architecture", args: ["scripts/architecture.mjs", "--check"] },
  { title: "dead code", args: [bin("knip/bin/knip.js"), "--no-progress"] },
  { title: "error codes", args: ["scripts/errors-docs.mjs", "--check"] },
  { title: "command help", args: ["scripts/cli-docs.mjs", "--check"] },
];

async function timed(title, work) {
  const startMs = performance.now();
  const result = await work();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  return { title, seconds, ...result };
}

function printStep({ title, ok, seconds, output = "" }) {
  console.log(`${ok ? "ok  " : "FAIL"}  ${title.padEnd(14)} ${seconds.padStart(6)} s`);
  if (!ok && output) console.log(output);
}

/** Two at a time: each keeps one processor busy. A check tells how it went, and what it found, when it ends. */
async function runChecks() {
  const waiting = [...checks];
  const results = [];
  async function runWaiting() {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const { title, args } = check;
      const result = await timed(title, () => run(process.execPath, args, { quiet: true }));
      printStep(result);
      results.push(result);
    }
  }
  await Promise.all([runWaiting(), runWaiting()]);
  return results;
}

/** Runs vitest with its own output in view, and reads from its report which tests were skipped. */
async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "millwright-test-"));
  const report = join(folder, "report.json");
  const missing = join(folder, "missing.txt");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const result = await timed("tests", () =>
    run(process.execPath, [bin("vitest/vitest.mjs"), "run", ...reporters, ...args], {
      env: { MILLWRIGHT_MISSING_PROGRAMS: missing },
    }),
  );
  const cases = existsSync(report) ? testCases(JSON.parse(readFileSync(report, "utf8"))) : [];
  const remedies = existsSync(missing) ? readFileSync(missing, "utf8").trim().split("\n") : [];
  rmSync(folder, { recursive: true });
  return { ...result, cases, remedies: [...new Set(remedies)] };
}

/** Every test as passed, failed or (whatever vitest calls it) skipped; a file that could not start is a failure. */
function testCases({ testResults }) {
  const outcome = (status) => (status === "passed" || status === "failed" ? status : "skipped");
  return testResults.flatMap(({ name, status, assertionResults: tests }) =>
    status === "failed" && tests.every((test) => test.status !== "failed")
      ? [{ name, outcome: "failed" }]
      : tests.map((test) => ({ name: test.fullName, outcome: outcome(test.status) })),
  );
}

function printSummary(results, { cases, remedies }) {
  console.log("\nSummary");
  results.forEach((result) => printStep({ ...result, output: "" }));
  const named = (outcome) => cases.filter((test) => test.outcome === outcome).map(({ name }) => name);
  const skipped = named("skipped");
  skipped.forEach((name) => console.log(`Skipped: ${name}`));
  remedies.forEach((remedy) => console.log(`Missing: ${remedy}`));
  console.log(
    `${named("passed").length} passed, ${named("failed").length} failed, ${skipped.length} skipped`,
  );
  return skipped.length;
}

try {
  await setUp({ quiet: true });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const args = process.argv.slice(2);
if (args[0] === "--checks") {
  process.exitCode = (await runChecks()).every(({ ok }) => ok) ? 0 : 1;
} else {
  const whole = args.length === 0;
  const checked = whole ? await runChecks() : [];
  const tests = await runTests(args);
  const results = [...checked, tests];
  const skipped = printSummary(results, tests);
  // A filter leaves tests out on purpose; a whole run in CI must leave out none.
  const incomplete = whole && Boolean(process.env.CI) && skipped > 0;
  if (incomplete) console.error("In CI a skipped test is a failure.");
  process.exitCode = results.every(({ ok }) => ok) && !incomplete ? 0 : 1;
}
