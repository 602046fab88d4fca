import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stepGraph } from "../../src/inference/stream/step-graphs.testing.js";
import { everyTypeGraph, scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { systemClock, type MillwrightError } from "../../src/kernel/index.js";
import { startHttpServer, type HttpServer } from "../../src/serving/http/server.js";
import { fixtureProject } from "../../src/serving/http/live-project.testing.js";
import { environmentOf, hasClientPython, installMs } from "../support/inference-clients.js";
import {
  ask,
  floatsBody,
  numbersOf,
  serveInference,
  type InferenceServer,
} from "../support/inference-server.js";

/** schemathesis makes requests from the server's own OpenAPI document: typed routes, and those of the protocol. */

let graphs: InferenceServer;
let server: HttpServer;
let python: string | undefined;

beforeAll(async () => {
  python = await environmentOf(join(import.meta.dirname, "inference-fuzz.requirements.txt"));
  const stream = {
    ...{ steps: 20, feed: { next: "state", count: "turn" }, emit: ["next", "count"], stop: "done" },
  };
  graphs = await serveInference(
    [
      { name: "scale", graph: scalingGraph(2) },
      { name: "types", graph: everyTypeGraph() },
      { name: "steps", graph: stepGraph() },
    ],
    { serving: { models: { steps: { stream, batching: { maxBatchRows: 1 } } } } },
  );
  const note = (fields: object) => {
    if ((fields as { readonly err?: MillwrightError }).err?.row.http !== 504) faults.push(fields);
  };
  const log = { info: () => undefined, error: note };
  const tensors = { host: graphs.host, server: graphs.project.producer };
  server = await startHttpServer(fixtureProject(), { clock: systemClock, log, tensors });
}, installMs);
afterAll(async () => {
  await server.close();
  await graphs.close();
});

/** What the server took for its own fault. */
const faults: object[] = [];

/** Runs schemathesis to its end; what it printed is in the failure. */
async function fuzz(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const script = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())";
  const child = spawn(python as string, ["-c", script, "run", `${server.url}/openapi.json`, ...args], {
    env: { ...process.env, NO_COLOR: "1", PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

// A 503 is documented: callers may allow a millionth of a second. Faults of the server, its log tells.
const checks = "status_code_conformance,content_type_conformance,response_schema_conformance";

describe.skipIf(!hasClientPython)("requests made from the OpenAPI document", () => {
  test("are answered as the document says: no fault, no crash, no hang", { timeout: 170_000 }, async () => {
    const { code, output } = await fuzz(
      ...[
        "--checks",
        checks,
        "--mode",
        "all",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "8",
      ],
      ...["--seed", "1", "--generation-database", "none", "--request-timeout", "20", "--workers", "1"],
      // Unloading takes the models away that the other requests are about; the versions of one model stand for all.
      ...["--exclude-path-regex", "/(un)?load$|/(types|steps)/versions/"],
    );
    if (code !== 0) throw new Error(output.slice(-6000));
    expect(faults).toEqual([]);
    const answer = await ask(`${server.url}/v2/models/scale/infer`, floatsBody("x", [1, 2], [3, 4]));
    expect(numbersOf(answer, "y")).toEqual([6, 8]);
  });
});
