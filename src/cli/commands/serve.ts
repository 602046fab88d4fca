import type { Command } from "commander";
import { openProject } from "../../compose/index.js";
import { systemClock, silentProgress, type MillwrightError } from "../../kernel/index.js";
import { openLiveProject, type LiveProject } from "../../lifecycle/index.js";
import { liveName, port, time, wholeNumber, withCommonOptions } from "../options.js";
import { run, type CommonOptions } from "../run-command.js";
import { paint, terminalProgress } from "../terminal.js";

interface ServeOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
  readonly live: string;
  readonly asOf?: string;
  readonly bodyLimit?: number;
}

export function addServe(program: Command): void {
  withCommonOptions(program.command("serve"))
    .description("serve the champions of all models over HTTP")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port to listen on; 0 is any free one", port, 8080)
    .option("--live <name>", "live state: the logs of events, predictions and labels", liveName, "default")
    .option("--as-of <time>", "begin as it was at a past time, to replay what came after")
    .option("--body-limit <bytes>", "largest request body", wholeNumber)
    .action((options: ServeOptions) => run(options, (signal) => serve(options, signal)));
}

async function serve(options: ServeOptions, signal: AbortSignal) {
  const terminal = { out: process.stdout, err: process.stderr };
  const progress = options.quiet === true ? silentProgress : terminalProgress(terminal, systemClock);
  const { threads } = options;
  const project = await openProject(options.project, {
    progress,
    ...(threads === undefined ? {} : { threads }),
  });
  try {
    const asOf = options.asOf === undefined ? {} : { asOfMs: time("--as-of", options.asOf) };
    const onWarning = ({ message }: MillwrightError) => {
      process.stderr.write(`${paint(process.stderr, "yellow", "Warning")} ${message}\n`);
    };
    const live = await openLiveProject(project, { live: options.live, onWarning, ...asOf }, signal);
    try {
      await serveUntil(signal, live, options);
    } finally {
      await live.close();
    }
    return { json: { stopped: true }, text: "Stopped; everything acknowledged is on disk." };
  } finally {
    await project.close();
  }
}

/** Answers until the signal fires; what is in flight then is answered first. */
async function serveUntil(signal: AbortSignal, live: LiveProject, options: ServeOptions): Promise<void> {
  const { host, port } = options;
  // Loaded here, for every other command would start a third slower with it.
  const { startHttpServer } = await import("../../serving/index.js");
  const limit = options.bodyLimit === undefined ? {} : { bodyLimitBytes: options.bodyLimit };
  const server = await startHttpServer(live, { clock: systemClock, host, port, ...limit });
  announce(options, {
    url: server.url,
    models: live.models.map(({ name, version }) => `${name} ${version}`),
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.close();
}

function announce(options: ServeOptions, { url, models }: { url: string; models: readonly string[] }): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ url, models })}\n`);
    return;
  }
  const dim = (text: string) => paint(process.stdout, "dim", text);
  process.stdout.write(
    [
      `Serving ${models.join(", ")} on ${paint(process.stdout, "bold", url)}`,
      `${dim("models")}   ${url}/v1/models`,
      `${dim("openapi")}  ${url}/openapi.json`,
      `${dim("metrics")}  ${url}/metrics`,
      `${dim("Ctrl-C stops it; requests in flight are answered first.")}\n`,
    ].join("\n"),
  );
}
