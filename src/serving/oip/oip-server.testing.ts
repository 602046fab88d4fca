import { fastify, type FastifyRequest } from "fastify";
import { onTestFinished } from "vitest";
import { stepGraph } from "../../inference/stream/step-graphs.testing.js";
import { stepStream } from "../../inference/index.js";
import {
  everyTypeGraph,
  halfGraph,
  logarithmGraph,
  scalingGraph,
} from "../../inference/tensor-graphs.testing.js";
import { isMillwrightError, systemClock, type MillwrightError } from "../../kernel/index.js";
import { servingErrors } from "../errors.js";
import type { Answered, OipDoor } from "./door.js";
import { graphHost, type GraphHost } from "./graph-host.testing.js";
import { addOipRoutes } from "./routes.js";

export interface OipServer {
  /** E.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly host: GraphHost;
  readonly answered: readonly Answered[];
  readonly refused: readonly MillwrightError[];
  close(): Promise<void>;
}

/** The models of tests: their graphs say what they compute. */
const graphs = [
  { name: "scale", version: "1", graph: scalingGraph(2) },
  { name: "scale", version: "2", graph: scalingGraph(3) },
  { name: "types", version: "1", graph: everyTypeGraph() },
  { name: "half", version: "1", graph: halfGraph() },
  { name: "log", version: "1", graph: logarithmGraph() },
  { name: "steps", version: "1", graph: stepGraph(), maxBatchRows: 1 },
];

/** Serves the graphs on a free port. */
export async function startOipServer(options: Partial<OipDoor> = {}): Promise<OipServer> {
  const host = await graphHost(graphs);
  const answered: Answered[] = [];
  const refused: MillwrightError[] = [];
  const door: OipDoor = {
    host,
    clock: systemClock,
    server: { name: "millwright", version: "1.2.3" },
    bodyLimitBytes: 1_048_576,
    requestTimeoutMs: 10_000,
    readiness: () => ({ ready: true, reasons: [] }),
    arrivedMs: () => (options.clock ?? systemClock).monotonicMs(),
    enter: () => (_request, _reply, done) => done(),
    explain,
    onRefused: (error) => void refused.push(error),
    onInferred: (_request, one) => void answered.push(one),
    streamOf: ({ name, signature }) =>
      name === "steps"
        ? stepStream(
            {
              ...{ steps: 1000, feed: { next: "state", count: "turn" } },
              ...{ emit: ["next", "count"], stop: "done" },
            },
            signature,
          )
        : undefined,
    ...options,
  };
  const app = fastify({ bodyLimit: 1024, forceCloseConnections: true });
  addOipRoutes(app, door);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    ...{ url, host, answered, refused },
    async close() {
      await app.close();
      await host.close();
    },
  };
}

/** As {@link startOipServer}, until the test ends. */
export async function serveOip(options: Partial<OipDoor> = {}): Promise<OipServer> {
  const server = await startOipServer(options);
  onTestFinished(() => server.close());
  return server;
}

function explain(error: unknown, request: FastifyRequest): MillwrightError {
  if (isMillwrightError(error)) return error;
  return servingErrors.error("MW0809", {
    expected: "the request to be served",
    found: error instanceof Error ? error.message : String(error),
    remedy: `Look for ${request.id} in the log.`,
    cause: error,
  });
}
