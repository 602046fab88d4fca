import { checkNumber, rejectUnknownKeys } from "../../kernel/index.js";

/** How calls of one model version are computed together. All may be left out. */
export interface BatchingOptions {
  /**
   * Most rows of one batch, 1 to 65536; a call of more rows is computed by itself. Default 64: what a batch costs
   * beside its rows is then shared by enough of them to be a few per cent, and a longer batch only makes callers wait.
   */
  readonly maxBatchRows?: number;
  /**
   * Most rows that wait, 1 to 1048576; a call that would make them more is refused (MW0710), unless none wait.
   * Default 4096: sixty-four full batches, as many as that many callers send at once.
   */
  readonly maxQueuedRows?: number;
  /** Sessions that compute at the same time, each one batch, 1 to 64. Default 1; more only help beside other threads. */
  readonly instances?: number;
}

export type Batching = Required<BatchingOptions>;

const bounds = {
  maxBatchRows: { min: 1, max: 65_536, fallback: 64 },
  maxQueuedRows: { min: 1, max: 1_048_576, fallback: 4096 },
  instances: { min: 1, max: 64, fallback: 1 },
} as const;

/** Checks the options and fills in the defaults. Throws MW0103 and MW0104. */
export function compileBatching(options: BatchingOptions = {}): Batching {
  rejectUnknownKeys(options, Object.keys(bounds), "batching");
  const checked = (name: keyof Batching): number => {
    const { fallback, ...range } = bounds[name];
    return checkNumber(options[name] ?? fallback, `batching.${name}`, { ...range, whole: true });
  };
  return Object.freeze({
    maxBatchRows: checked("maxBatchRows"),
    maxQueuedRows: checked("maxQueuedRows"),
    instances: checked("instances"),
  });
}
