import type { TensorSpec } from "../../registry/index.js";
import type { PackedTensor } from "./frames.js";

/** What a session's process is asked; the first of all is to open the graph that comes as a block. */
export type Request =
  | { readonly call: "open"; readonly threads: number; readonly provider: string }
  | { readonly call: "run"; readonly rows: number; readonly tensors: readonly PackedTensor[] }
  | { readonly call: "compute"; readonly tensors: readonly PackedTensor[] };

export interface Described {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What it answers, to one request after another. */
export type Reply =
  | ({ readonly kind: "opened" } & Described)
  | { readonly kind: "computed"; readonly tensors: readonly PackedTensor[] }
  | {
      readonly kind: "failed";
      readonly code: "MW0701" | "MW0705";
      readonly expected: string;
      readonly found: string;
      readonly remedy: string;
      readonly details: Readonly<Record<string, unknown>>;
    };
