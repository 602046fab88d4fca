import type { Link, SpanContext } from "@opentelemetry/api";
import type { TracedInference, TracedPassage } from "../../kernel/index.js";

/** Batches whose first call is remembered: those under way, and some more for answers that are slow to be told. */
const remembered = 1024;

/**
 * Joins the spans of one batch: each but the first told links to the first. So whoever sees one of them finds the
 * first, and through what links to the first all others that are sampled.
 */
export interface BatchLinks {
  /** Links of the next span of a batch. */
  linksOf(batch: string): Link[];
  /** Takes note of a span; the first of its batch is what others link to. */
  note(batch: string, span: SpanContext): void;
}

export function createBatchLinks(): BatchLinks {
  const firsts = new Map<string, SpanContext>();
  return Object.freeze({
    linksOf(batch: string) {
      const context = firsts.get(batch);
      return context === undefined ? [] : [{ context }];
    },
    note(batch: string, span: SpanContext) {
      if (firsts.has(batch)) return;
      firsts.set(batch, span);
      if (firsts.size <= remembered) return;
      const [oldest] = firsts.keys();
      firsts.delete(oldest);
    },
  });
}

/** Numbers begin again when a version is loaded again, so the moment is part of the name. */
export const batchName = ({ model, version }: TracedInference, { batch, startedMs }: TracedPassage): string =>
  `${model}@${version}#${batch}@${startedMs}`;
