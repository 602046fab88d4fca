import type { Command } from "commander";
import type { Pool } from "undici";
import { replay, type ReplayTarget } from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import { liveName, modelName, time, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";

interface ReplayOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly url: string;
  readonly live: string;
}

const connections = 32;

export function addReplay(program: Command): void {
  withCommonOptions(program.command("replay [model]"))
    .description(
      "replay a range of the dataset as live traffic against a server that was started with --as-of",
    )
    .requiredOption("--from <time>", "first time of a prediction")
    .requiredOption("--to <time>", "end of the range, exclusive")
    .option("--url <url>", "the server", "http://127.0.0.1:8080")
    .option("--live <name>", "live state that the result is kept with", liveName, "default")
    .action((given: string | undefined, options: ReplayOptions) =>
      runOnProject(options, async (project, signal) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const range = { fromMs: time("--from", options.from), toMs: time("--to", options.to) };
        const { target, close } = await httpTarget(options.url);
        try {
          const result = await replay(project, { model, ...range, target, live: options.live }, signal);
          const ms = (value: number) => `${value.toFixed(2)} ms`;
          const table = columns([
            ["predictions", "events", "labels", "per second", "p50", "p95", "p99"],
            [
              result.predictions.toLocaleString("en"),
              result.events.toLocaleString("en"),
              result.labels.toLocaleString("en"),
              Math.round(result.predictionsPerSecond).toLocaleString("en"),
              ms(result.p50Ms),
              ms(result.p95Ms),
              ms(result.p99Ms),
            ],
          ]);
          return { json: result, text: table };
        } finally {
          await close();
        }
      }),
    );
}

/** A server over HTTP. Connections are kept alive; any answer but success ends the replay. */
async function httpTarget(url: string): Promise<{ target: ReplayTarget; close: () => Promise<void> }> {
  const { Pool } = await import("undici");
  const pool = new Pool(url, { connections, pipelining: 1 });

  async function post<Answer>(path: string, body: unknown): Promise<Answer> {
    const answer = await send(pool, path, JSON.stringify(body));
    const text = await answer.body.text();
    if (answer.statusCode === 200) return JSON.parse(text) as Answer;
    throw cliErrors.error("MW1203", {
      expected: `200 from POST ${path}`,
      found: `${answer.statusCode} ${text.slice(0, 500)}`,
      remedy: "Look at the error that the server gave.",
    });
  }

  const target: ReplayTarget = {
    predict: (model, request) => post(`/v1/models/${model}/predict`, request),
    ingest: (source, events) => post(`/v1/events/${source}`, { events }),
    feedback: (items) => post("/v1/feedback", { items }),
  };
  return { target, close: () => pool.close() };
}

async function send(pool: Pool, path: string, body: string) {
  try {
    return await pool.request({
      method: "POST",
      path,
      headers: { "content-type": "application/json" },
      body,
    });
  } catch (cause) {
    throw cliErrors.error("MW1203", {
      expected: "a server that answers",
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Start one with millwright serve --as-of, and give its address as --url.",
      cause,
    });
  }
}
