import type { Command } from "commander";
import type { OpenTelemetryTracing } from "../../compose/index.js";
import { isMillwrightError, silentProgress, systemClock, type MillwrightError } from "../../kernel/index.js";
import type { LiveProject, Project } from "../../lifecycle/index.js";
import type { Member, Servers } from "../../serving/index.js";
import { cliErrors } from "../errors.js";
import { liveName, milliseconds, port, share, time, wholeNumber, withCommonOptions } from "../options.js";
import { run, type CommonOptions } from "../run-command.js";
import { paint, terminalProgress } from "../terminal.js";
import { readTlsFiles } from "../tls-files.js";

interface ServeOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
  readonly grpcPort?: number;
  readonly live: string;
  readonly model?: readonly string[];
  readonly workers: number;
  readonly asOf?: string;
  readonly bodyLimit?: number;
  readonly maxInFlight?: number;
  readonly drain?: number;
  readonly corsOrigin?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly traceEndpoint?: string;
  readonly traceShare: number;
}

export function addServe(program: Command): void {
  const collect = (value: string, before: readonly string[] = []) => [...before, value];
  withCommonOptions(program.command("serve"))
    .description("serve the champions of all models over HTTP and gRPC")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port to listen on; 0 is any free one", port, 8080)
    .option("--grpc-port <n>", "port for gRPC; without it there is none", port)
    .option("--workers <n>", "processes that serve on the same port", wholeNumber, 1)
    .option("--model <name>", "imported model to serve, as name or name@version; again for more", collect)
    .option("--live <name>", "live state: the logs of events, predictions and labels", liveName, "default")
    .option("--as-of <time>", "begin as it was at a past time, to replay what came after")
    .option("--body-limit <bytes>", "largest request body", wholeNumber)
    .option("--max-in-flight <n>", "requests in flight before new ones are refused", wholeNumber)
    .option("--drain <ms>", "how long to take requests after readiness turned false", milliseconds)
    .option("--cors-origin <origin>", "origin of pages that may call from a browser; again for more", collect)
    .option("--tls-cert <file>", "certificate in PEM; then only HTTPS is spoken")
    .option("--tls-key <file>", "its key in PEM")
    .option("--trace-endpoint <url>", "collector that takes traces over OTLP/HTTP; without it there are none")
    .option("--trace-share <n>", "share of the traces that are sent, 0 to 1", share, 0.01)
    .action((options: ServeOptions) => run(options, (signal) => serve(options, signal)));
}

const stopped = { json: { stopped: true }, text: "Stopped; everything acknowledged is on disk." };

async function serve(options: ServeOptions, signal: AbortSignal) {
  // Loaded where it is needed: the process that looks after workers serves nothing itself, and starts at once.
  const { joinCrew } = await import("../../serving/index.js");
  const member = joinCrew();
  if (member === undefined && options.workers > 1) return lead(options, signal);
  try {
    await serveHere(options, member, signal);
  } catch (error) {
    if (member === undefined || !isMillwrightError(error)) throw error;
    // The primary process tells of it, once.
    member.failed(error);
    return { ...stopped, silent: true, refused: true };
  } finally {
    member?.leave();
  }
  return member === undefined ? stopped : { ...stopped, silent: true };
}

/** Looks after processes that serve, until the signal fires. */
async function lead(options: ServeOptions, signal: AbortSignal) {
  if (options.asOf !== undefined) {
    throw cliErrors.error("MW1201", {
      expected: "--as-of with one worker",
      found: `--workers ${options.workers}`,
      remedy: "Leave --workers out: a replay is one sequence of events.",
    });
  }
  // Refused here, before processes are started that would all refuse it.
  const tls = readTlsFiles(options) !== undefined;
  const { startCrew, standardLog } = await import("../../serving/index.js");
  const { host, port, grpcPort } = options;
  const crew = await startCrew(
    {
      ...{ count: options.workers, script: process.argv[1], args: process.argv.slice(2), log: standardLog() },
      http: { host, port, tls },
      ...(grpcPort === undefined ? {} : { grpc: { host, port: grpcPort } }),
    },
    signal,
  );
  announce(options, { ...crew, models: crew.serving.models });
  await aborted(signal);
  await crew.close();
  return stopped;
}

async function serveHere(
  options: ServeOptions,
  member: Member | undefined,
  signal: AbortSignal,
): Promise<void> {
  const http = httpOptions(options);
  const terminal = { out: process.stdout, err: process.stderr };
  const quiet = options.quiet === true || member !== undefined;
  const { threads } = options;
  const { openProject } = await import("../../compose/index.js");
  const { openLiveProject } = await import("../../lifecycle/index.js");
  const project = await openProject(options.project, {
    progress: quiet ? silentProgress : terminalProgress(terminal, systemClock),
    ...(threads === undefined ? {} : { threads }),
  });
  try {
    const { requireShareable } = await import("../../serving/index.js");
    if (member !== undefined) requireShareable(project);
    if (project.openTiles !== undefined) await member?.afterFirst(signal);
    const name =
      member === undefined || member.number === 1 ? options.live : `${options.live}-${member.number}`;
    const asOf = options.asOf === undefined ? {} : { asOfMs: time("--as-of", options.asOf) };
    const onWarning = ({ message }: MillwrightError) => {
      process.stderr.write(`${paint(process.stderr, "yellow", "Warning")} ${message}\n`);
    };
    const live = await openLiveProject(project, { live: name, onWarning, ...asOf }, signal);
    try {
      await serveLive({ project, live, name, member, http }, options, signal);
    } finally {
      await live.close();
    }
  } finally {
    await project.close();
  }
}

interface Opened {
  readonly project: Project;
  readonly live: LiveProject;
  /** Of the live state. */
  readonly name: string;
  readonly member: Member | undefined;
  readonly http: ReturnType<typeof httpOptions>;
}

async function serveLive(
  { project, live, name, member, http }: Opened,
  options: ServeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { startServers, shareDoors } = await import("../../serving/index.js");
  const { hostModels, openGate } = await import("../../lifecycle/index.js");
  const { model } = options;
  const tracing = await tracingOf(project, options);
  const host = await hostModels(project, live, model === undefined ? {} : { models: model });
  const gate = await openGate(project, name);
  let servers: Servers | undefined;
  try {
    const metrics = async () => servers?.metrics() ?? [];
    const doors = member === undefined ? { live, host } : await shareDoors(member, { live, host, metrics });
    servers = await startServers(
      { ...doors, gate, server: project.producer },
      {
        http: {
          ...http,
          ...(tracing && { tracing }),
          ...(member && { otherMetrics: () => othersOf(member) }),
        },
        ...(options.grpcPort === undefined ? {} : { grpcPort: options.grpcPort }),
        ...(member && { connections: (protocol) => member.connections(protocol) }),
      },
    );
    const models = host.ready().map((one) => `${one.name} ${one.version}`);
    if (member === undefined) announce(options, { ...servers, models });
    else member.serving({ models });
    await aborted(signal);
  } finally {
    // What is in flight is answered before what answers it goes.
    await servers?.close();
    await tracing?.close();
    await host.close();
    await gate?.close();
  }
}

async function tracingOf(
  { name, producer }: Project,
  { traceEndpoint, traceShare }: ServeOptions,
): Promise<OpenTelemetryTracing | undefined> {
  if (traceEndpoint === undefined) return undefined;
  const { standardLog } = await import("../../serving/index.js");
  const { openTracing } = await import("../../compose/index.js");
  const log = standardLog();
  return openTracing({
    ...{ endpoint: traceEndpoint, sampleShare: traceShare, clock: systemClock },
    ...{ serviceName: name, serviceVersion: producer.version },
    onTrouble: (error) => log.error({ err: error }, "the collector of traces does not take them"),
  });
}

async function othersOf(member: Member): Promise<readonly (readonly object[])[]> {
  const answers = await member.ask({ kind: "metrics" });
  return answers.flatMap((answer) => (answer.ok ? [answer.value as readonly object[]] : []));
}

function httpOptions(options: ServeOptions) {
  const { host, port, bodyLimit, maxInFlight, drain, corsOrigin } = options;
  const tls = readTlsFiles(options);
  return {
    ...{ clock: systemClock, host, port },
    ...(bodyLimit === undefined ? {} : { bodyLimitBytes: bodyLimit }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(drain === undefined ? {} : { drainMs: drain }),
    ...(corsOrigin === undefined ? {} : { corsOrigins: corsOrigin }),
    ...(tls && { tls }),
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

interface Announcement {
  readonly url: string;
  readonly grpcUrl: string | undefined;
  readonly models: readonly string[];
}

function announce(options: ServeOptions, { url, grpcUrl, models }: Announcement): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ url, ...(grpcUrl && { grpc: grpcUrl }), models })}\n`);
    return;
  }
  const dim = (text: string) => paint(process.stdout, "dim", text);
  process.stdout.write(
    [
      `Serving ${models.join(", ") || "no model yet"} on ${paint(process.stdout, "bold", url)}`,
      ...(grpcUrl === undefined ? [] : [`${dim("grpc")}     ${grpcUrl}`]),
      `${dim("models")}   ${url}/v1/models`,
      `${dim("tensors")}  ${url}/v2`,
      `${dim("openapi")}  ${url}/openapi.json`,
      `${dim("metrics")}  ${url}/metrics`,
      `${dim("Ctrl-C stops it; requests in flight are answered first.")}\n`,
    ].join("\n"),
  );
}
