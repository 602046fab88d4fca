import type { Tensors } from "../../registry/index.js";
import type { Inferred, InferOptions } from "../infer.js";

/**
 * One call on its way through what stands around a model. `Asked` is what the inputs were made of, where stand-ins make
 * other inputs of it.
 */
export interface KeyedCall<Asked = undefined> {
  readonly inputs: Tensors;
  readonly options: InferOptions;
  /** The name of the question; undefined where nobody needs it, or where the inputs have none. */
  readonly key: string | undefined;
  readonly asked?: Asked;
}

/** A step of that way; it calls the next one or answers by itself. */
export type InferStep<Asked = undefined> = (call: KeyedCall<Asked>) => Promise<Inferred>;
