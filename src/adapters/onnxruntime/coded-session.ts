import type { Session } from "../../inference/index.js";
import type { Tensors } from "../../registry/index.js";
import { engineFailed, graphRefused } from "./engine-error.js";

/** Opens a session whose errors are the engine's own as one whose errors are coded: MW0701 and MW0705. */
export async function codedSession(open: () => Promise<Session>): Promise<Session> {
  const session = await open().catch((cause: unknown) => {
    throw graphRefused(cause);
  });
  const { inputs, outputs } = session;
  return Object.freeze({
    inputs,
    outputs,
    run: async (numeric: Float32Array, rows: number, text?: readonly string[]) => {
      try {
        return await session.run(numeric, rows, text);
      } catch (cause) {
        throw engineFailed(cause);
      }
    },
    compute: async (values: Tensors) => {
      try {
        return await session.compute(values);
      } catch (cause) {
        throw engineFailed(cause);
      }
    },
    dispose: () => session.dispose(),
  });
}
