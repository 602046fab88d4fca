import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/compose/connect.js";
import { defineProject } from "../../src/compose/index.js";
import { systemClock, type Clock } from "../../src/kernel/index.js";
import {
  hostModels,
  importModel,
  openGate,
  openLiveProject,
  type ModelHost,
  type Project,
} from "../../src/lifecycle/index.js";
import type { ServingOptions } from "../../src/lifecycle/hosting/serving-options.js";
import { PlainClient } from "../../src/serving/grpc/grpc-server.testing.js";
import { startServers, type Servers, type ServersOptions } from "../../src/serving/index.js";

/** A graph to import and serve. */
export interface NamedGraph {
  readonly name: string;
  readonly graph: Uint8Array;
  /** Probes as a file has them; made up without. */
  readonly probes?: object;
}

export interface ServeOptions {
  readonly serving?: ServingOptions;
  readonly http?: Partial<ServersOptions["http"]>;
  /** References to load, such as `scale@1`. Default: the first version of each. */
  readonly load?: readonly string[];
  readonly clock?: Clock;
}

/** The inference server in this process: HTTP and gRPC over imported graphs, as `millwright serve` wires it. */
export interface InferenceServer {
  readonly folder: string;
  readonly project: Project;
  readonly host: ModelHost;
  readonly servers: Servers;
  readonly url: string;
  readonly grpcUrl: string;
  /** What the server wrote into its log. */
  readonly log: readonly { readonly fields: object; readonly message: string }[];
  /** A client of gRPC, closed with the server. */
  client(): PlainClient;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Serves graphs, each imported in the order given; a name that comes again is the next version. */
export async function serveInference(
  graphs: readonly NamedGraph[],
  { serving = {}, http = {}, load, clock = systemClock }: ServeOptions = {},
): Promise<InferenceServer> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-inference-"));
  const definition = defineProject({ name: "tensors", models: [], serving });
  const project = await connect(folder, definition, { clock });
  for (const { name, graph, probes } of graphs) {
    const file = probes === undefined ? undefined : new TextEncoder().encode(JSON.stringify(probes));
    await importModel(project, { name, graph, ...(file && { probes: file }) });
  }
  const live = await openLiveProject(project, { live: "default" });
  const names = [...new Set(graphs.map(({ name }) => `${name}@1`))];
  const host = await hostModels(project, live, { models: load ?? names });
  const gate = await openGate(project, "default");
  const log: { fields: object; message: string }[] = [];
  const write = (fields: object, message: string) => void log.push({ fields, message });
  const servers = await startServers(
    { live, host, gate, server: project.producer },
    { http: { clock, log: { info: write, error: write }, ...http }, grpcPort: 0 },
  );
  const clients: PlainClient[] = [];
  const grpcUrl = servers.grpcUrl ?? "";
  return {
    ...{ folder, project, host, servers, log, grpcUrl, url: servers.url },
    client() {
      const client = new PlainClient(grpcUrl);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      await servers.close();
      await host.close();
      await gate?.close();
      await live.close();
      await project.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One call over HTTP. */
export async function ask(url: string, body?: unknown, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(url, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    ...init,
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  return {
    status: answer.status,
    code: answer.headers.get("millwright-code"),
    headers: answer.headers,
    body: (isJson && text !== "" ? JSON.parse(text) : {}) as Answer["body"],
  };
}

/** An inference request of one float input. */
export const floatsBody = (name: string, shape: readonly number[], data: readonly number[]) => ({
  inputs: [{ name, datatype: "FP32", shape, data }],
});

/** The numbers of an output of a JSON answer. */
export function numbersOf({ body }: Answer, name: string): readonly (number | null)[] | undefined {
  const outputs = (body.outputs ?? []) as readonly {
    readonly name: string;
    readonly data: readonly (number | null)[];
  }[];
  return outputs.find((output) => output.name === name)?.data;
}

/** The same over gRPC. */
export const floatsCall = (
  model: string,
  [name, shape]: readonly [string, readonly number[]],
  data: readonly number[],
) => ({
  model_name: model,
  inputs: [{ name, datatype: "FP32", shape }],
  raw_input_contents: [Buffer.from(Float32Array.from(data).buffer)],
});

/** Waits until something holds, a turn of the event loop at a time. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
