import type { Session } from "../../inference/index.js";
import { codedSession } from "./coded-session.js";
import { openEngine, type EngineOptions } from "./engine-session.js";

/**
 * A session that computes in this thread.
 *
 * `run` waits for the next turn of the event loop and then blocks the loop for as long as the graph
 * computes (onnxruntime-node 1.30 calls the engine synchronously): about 10 µs for one row of a small
 * graph, so light models are cheapest in the thread that serves; heavy ones and large batches belong
 * apart. Of the 10 µs the engine takes 7.5, the turn of the loop 2, tensors and feeds 0.5;
 * overlapping calls share turns. The public `InferenceSession` is the leanest way in: what lies below it
 * saves 1 µs and is private.
 */
export const openInline = (graph: Uint8Array, options: EngineOptions): Promise<Session> =>
  codedSession(() => openEngine(graph, options));
