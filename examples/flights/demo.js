// The main job on three million real flights, through the commands that a user has:
//
//   npm run demo                 all flights
//   npm run demo -- --rows N     the first N flights, for a quick look
//   npm run demo -- --json       ends with one JSON line
//   npm run demo -- --keep       leaves the server running with the example's data
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const folder = fileURLToPath(new URL(".", import.meta.url));
const millwright = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const model = "arrival-delay";
const live = "replay";
const children = new Set();
const count = (value) => Math.round(value).toLocaleString("en");
const four = (value) => value.toFixed(4);

const { rows, json, keep, port } = readArguments();
const storage = rows === undefined ? ".millwright" : ".millwright-rows";
const env = rows === undefined ? process.env : { ...process.env, FLIGHTS_ROWS: String(rows) };

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}

try {
  await demo();
} catch (error) {
  for (const child of children) child.kill("SIGTERM");
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode ?? 3;
}

async function demo() {
  const startedMs = performance.now();
  title("Data: an immutable snapshot of the source");
  const [flights] = (await command("data", "snapshot")).snapshots;
  note(`${flights.id}: ${count(flights.rowCount)} rows${flights.reused ? ", unchanged: nothing to do" : ""}`);
  title("Training: features point in time, trees, evaluation, gates, package");
  const trained = await command("train", model);
  note(
    `version ${trained.version}: AUC ${four(trained.metrics.auc.value)}, ${trained.gates.length} gates passed`,
  );
  const range = replayRange(trained);

  title(`Serving: ${range.from.slice(0, 10)} to ${range.to.slice(0, 10)} replayed as live traffic`);
  // The live state of an earlier demo; every demo replays into an empty one.
  rmSync(new URL(`${storage}/live/${live}`, import.meta.url), { recursive: true, force: true });
  const server = await serve(range.from);
  const replayed = await command(
    "replay",
    model,
    "--from",
    range.from,
    "--to",
    range.to,
    "--url",
    server.url,
    "--live",
    live,
  );
  const served = keep ? await memoryOf(server.url) : await server.stop();

  title("Proof: features recomputed offline, realised against offline evaluation");
  const verified = await command("features", "verify", model, "--live", live);
  const offline = await command("evaluate", model, "--from", range.from, "--to", range.to);
  note(
    `${count(verified.predictions)} feature vectors, ${verified.mismatches} mismatches; offline AUC ${four(offline.auc)}`,
  );
  title("Monitoring: drift, missing values, realised performance, latency");
  const monitored = await command("monitor", model, "--live", live, "--now", range.matured);
  note(`${monitored.windows.length} windows; drifted: ${monitored.drifted.join(", ") || "nothing"}`);
  const { report } = await command("report", model, "--live", live, "--out", "report.html");

  const figures = {
    rows: trained.rows,
    train_rows: trained.trainRows,
    test_rows: trained.testRows,
    test_auc: trained.metrics.auc.value,
    test_auc_low: trained.metrics.auc.low,
    test_auc_high: trained.metrics.auc.high,
    no_window_auc: trained.ablationAuc,
    baseline_auc: trained.baselineAuc,
    log_loss: trained.metrics.logLoss.value,
    ece: trained.metrics.ece.value,
    replayed: replayed.predictions,
    online_offline_mismatches: verified.mismatches,
    realized_auc: monitored.realised.auc,
    p50_ms: replayed.p50Ms,
    p95_ms: replayed.p95Ms,
    p99_ms: replayed.p99Ms,
    predictions_per_second: replayed.predictionsPerSecond,
    drifted: monitored.drifted,
    seconds: (performance.now() - startedMs) / 1000,
    peak_rss_mb: Math.max(
      trained.peak_rss_mb,
      served.peak_rss_mb + replayed.peak_rss_mb,
      verified.peak_rss_mb,
    ),
  };
  if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else summarise({ figures, trained, offline, monitored, report, server });
  if (
    verified.mismatches > 0 ||
    monitored.realised.auc !== offline.auc ||
    monitored.realised.labelled !== offline.rows
  ) {
    throw new Error("The proof failed: online and offline do not agree.");
  }
}

function readArguments() {
  const options = {
    rows: { type: "string" },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
  };
  try {
    const { values } = parseArgs({ options });
    if (values.rows === undefined) return values;
    const count = Number(values.rows);
    if (!Number.isInteger(count) || count < 20_000)
      throw new Error("--rows takes a whole number from 20000.");
    return { ...values, rows: count };
  } catch (error) {
    process.stderr.write(
      `${error.message}\nUsage: npm run demo -- [--rows N] [--json] [--keep] [--port P]\n`,
    );
    process.exit(2);
  }
}

/** June up to the last row whose label is final; of the first N flights, the whole test period. */
function replayRange({ testRange: [firstMs, lastMs] }) {
  const matured = new Date(lastMs + 3 * 86_400_000).toISOString();
  const from = rows === undefined ? "2001-06-01T00:00:00.000Z" : new Date(firstMs).toISOString();
  return { from, to: new Date(lastMs + 1).toISOString(), matured };
}

function title(text) {
  const [on, off] = process.stderr.isTTY ? ["\u001b[1m", "\u001b[0m"] : ["", ""];
  process.stderr.write(`\n${on}${text}${off}\n`);
}

/** What a stage brought, in one line. */
function note(text) {
  process.stderr.write(`  ${text}\n`);
}

/** Runs one `millwright` command in this folder and returns what it prints as JSON. */
async function command(...args) {
  const child = start(args);
  const [lines, [code, signal]] = await Promise.all([readLines(child), once(child, "exit")]);
  children.delete(child);
  const result = lines.length === 0 ? {} : JSON.parse(lines.at(-1));
  // A monitor that finds degradation says so with exit code 1: news, not a failure of the demo.
  if (code === 0 || (code === 1 && args[0] === "monitor")) return result;
  const { error } = result;
  const reason = error
    ? `${error.code ?? ""} ${error.title}: expected ${error.expected}; found ${error.found}. ${error.remedy}`
    : `it ended with ${signal ?? `exit code ${code}`}`;
  throw Object.assign(new Error(`millwright ${args.slice(0, 2).join(" ")}: ${reason}`), {
    exitCode: code ?? 3,
  });
}

function start(args) {
  // The channel tells a command when this process dies, however it dies: no server is left behind.
  const options = { cwd: folder, env, stdio: ["ignore", "pipe", "inherit", "ipc"] };
  const child = spawn(process.execPath, [millwright, ...args, "--json"], options);
  children.add(child);
  return child;
}

async function readLines(child) {
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  return lines;
}

/** Starts the server as it was at a past time and waits until it serves. */
async function serve(asOf) {
  const child = start(["serve", "--as-of", asOf, "--live", live, "--port", port]);
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  const hello = first.done ? {} : JSON.parse(first.value);
  if (hello.url === undefined)
    throw new Error(`The server did not start: ${JSON.stringify(hello.error ?? hello)}`);
  async function stop() {
    child.kill("SIGTERM");
    const last = await lines.next();
    await exited;
    children.delete(child);
    return JSON.parse(last.value);
  }
  return { url: hello.url, stop };
}

async function memoryOf(url) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1];
  return { peak_rss_mb: Number(bytes) / 2 ** 20 };
}

function summarise({ figures, trained, offline, monitored, report, server }) {
  const agree =
    figures.realized_auc === offline.auc ? "equal to the last digit" : `but ${offline.auc} offline`;
  // The commands read the configuration, which takes a quick look's rows from the environment.
  const npx = rows === undefined ? "npx millwright" : `FLIGHTS_ROWS=${rows} npx millwright`;
  const lines = [
    "",
    `Model      version ${trained.version} of ${model} is the champion: AUC ${four(figures.test_auc)} [${four(figures.test_auc_low)}, ${four(figures.test_auc_high)}]`,
    `           on ${count(figures.test_rows)} flights it had not seen; ${four(figures.no_window_auc)} without windows, ${four(figures.baseline_auc)} baseline`,
    `Served     ${count(figures.replayed)} predictions over HTTP, ${count(figures.predictions_per_second)} a second; p50 ${figures.p50_ms.toFixed(2)} ms, p99 ${figures.p99_ms.toFixed(2)} ms`,
    `Proof      ${figures.online_offline_mismatches} mismatches between online and offline features; realised AUC ${four(figures.realized_auc)}, ${agree}`,
    `Drift      ${monitored.drifted.length === 0 ? "none" : monitored.drifted.join(", ")}`,
    `Cost       ${figures.seconds.toFixed(0)} s, ${count(figures.peak_rss_mb)} MB at most`,
    "",
    `Report     ${report}`,
    "",
    "Try next, in examples/flights:",
    `  ${npx} models show arrival-delay     the model card`,
    `  ${npx} data show flights             the profile of the data`,
    `  ${npx} monitor --live replay         what was served, week by week`,
    ...(keep
      ? [
          "",
          `The server still runs at ${server.url}; Ctrl-C ends it. Ask it something:`,
          `  curl -s ${server.url}/v1/models/${model}/predict -H 'content-type: application/json' \\`,
          `    -d '{"date":"2001-07-01T18:00","distance":2586,"origin":"JFK","destination":"SFO"}'`,
        ]
      : ["  npm run demo -- --keep                       leave the server running"]),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
