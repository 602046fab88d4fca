import type { Session } from "../../inference/index.js";
import type { Tensors } from "../../registry/index.js";
import { engineFailed, graphRefused } from "./engine-error.js";

/** Opens a session whose errors are the engine's own as one whose errors are coded: MW0701 and MW0705. */
export async function codedSession(open: () => Promise<Session>): Promise<Session> {
  const session = await open().catch((cause: unknown) => {
    throw graphRefused(cause);
  });
  const { inputs, outputs } = session;
  const failed = (cause: unknown) => {
    throw engineFailed(cause);
  };
  return Object.freeze({
    inputs,
    outputs,
    run: (numeric: Float32Array, rows: number, text?: readonly string[]) =>
      session.run(numeric, rows, text).catch(failed),
    compute: (values: Tensors) => session.compute(values).catch(failed),
    computeBatches: (values: Tensors, batchRows: number) =>
      session.computeBatches(values, batchRows).catch(failed),
    dispose: () => session.dispose(),
  });
}
