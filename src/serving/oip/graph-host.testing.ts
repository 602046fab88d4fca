import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import {
  checkInputs,
  type Infer,
  type InferOptions,
  type InferStatistics,
  type Session,
} from "../../inference/index.js";
import { errorTable, throwIfCancelled } from "../../kernel/index.js";
import type { HostedEntry, HostedModel, ModelHost } from "../../lifecycle/index.js";

/** A graph that a host of tests can load. */
export interface HostedGraph {
  readonly name: string;
  readonly version: string;
  readonly graph: Uint8Array;
  /** Default 8. */
  readonly maxBatchRows?: number;
}

export interface GraphHost extends ModelHost {
  /** What each call was given, in their order. */
  readonly calls: readonly InferOptions[];
  /** Called in each call before it computes; what it throws, the call throws. */
  before: (options: InferOptions) => Promise<void> | void;
}

const row = (title: string, http: number) => ({ title, exit: 2, http, about: title }) as const;
const errors = errorTable({ MW1160: row("unknown model", 404), MW1161: row("model is not ready", 503) });
const refused = (code: "MW1160" | "MW1161", found: string) =>
  errors.error(code, { expected: "a model of this server", found, remedy: "Look into the index." });

/** A host over graphs in this process, each computed by ONNX Runtime as it is called, without queue or batches. */
export async function graphHost(graphs: readonly HostedGraph[]): Promise<GraphHost> {
  const sessions: Session[] = [];
  const calls: InferOptions[] = [];
  const loaded = new Map<string, HostedModel>();
  const keyOf = ({ name, version }: Pick<HostedGraph, "name" | "version">) => `${name}@${version}`;
  const open = async (graph: HostedGraph): Promise<HostedModel> => {
    const session = await onnxruntimeSessions.open(graph.graph, { threads: 1 });
    sessions.push(session);
    const counts = { success: 0, fail: 0, rows: 0 };
    const infer: Infer = async (inputs, options = {}) => {
      calls.push(options);
      try {
        await host.before(options);
        throwIfCancelled(options.signal);
        checkInputs(session.inputs, inputs);
        const outputs = await session.compute(inputs);
        counts.success++;
        counts.rows += Object.values(inputs)[0].shape[0] ?? 1;
        return { outputs, origin: { kind: "model" } };
      } catch (error) {
        counts.fail++;
        throw error;
      }
    };
    return Object.freeze({
      ...{ name: graph.name, version: graph.version, platform: "onnxruntime_onnx" },
      ...{ signature: { inputs: session.inputs, outputs: session.outputs } },
      ...{ maxBatchRows: graph.maxBatchRows ?? 8, infer },
      statistics: () => statisticsOf(counts),
    });
  };
  for (const graph of graphs) loaded.set(keyOf(graph), await open(graph));
  const host: GraphHost = {
    calls,
    before: () => undefined,
    ready: () => [...loaded.values()],
    index: async () =>
      graphs.map(({ name, version }): HostedEntry => {
        const ready = loaded.has(keyOf({ name, version }));
        return { name, version, state: ready ? "READY" : "UNAVAILABLE", reason: ready ? "" : "unloaded" };
      }),
    find(name, version) {
      const known = graphs.filter(
        (graph) => graph.name === name && graph.version === (version ?? graph.version),
      );
      if (known.length === 0) throw refused("MW1160", `${name} ${version ?? ""}`);
      const found = known.map((graph) => loaded.get(keyOf(graph))).findLast((model) => model !== undefined);
      if (found === undefined) throw refused("MW1161", name);
      return found;
    },
    async load(name, version) {
      const graph = graphs.findLast((one) => one.name === name && one.version === (version ?? one.version));
      if (graph === undefined) throw refused("MW1160", name);
      const model = await open(graph);
      loaded.set(keyOf(graph), model);
      return model;
    },
    async unload(name) {
      const known = graphs.filter((graph) => graph.name === name);
      if (known.length === 0) throw refused("MW1160", name);
      for (const graph of known) loaded.delete(keyOf(graph));
    },
    async close() {
      await Promise.all(sessions.map((session) => session.dispose()));
    },
  };
  return host;
}

/** Every row takes 2 ms in all tallies, so that what is printed can be told. */
function statisticsOf(counts: { readonly success: number; readonly fail: number; readonly rows: number }) {
  const tally = (count: number) => ({ count, totalMs: 2 * count });
  return {
    inferenceCount: counts.rows,
    executionCount: counts.success,
    lastInferenceMs: counts.success === 0 ? 0 : 1_700_000_000_000,
    success: tally(counts.success),
    fail: tally(counts.fail),
    failures: { rejected: 0, cancelled: 0, backend: counts.fail, other: 0 },
    queue: tally(counts.success),
    compute: tally(counts.success),
    cacheHit: tally(0),
    cacheMiss: tally(0),
    batches: new Map(counts.success === 0 ? [] : [[1, tally(counts.success)]]),
    pending: 0,
  } satisfies InferStatistics;
}
