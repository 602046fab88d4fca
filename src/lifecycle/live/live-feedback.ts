import { valueText, type AppendLog, type Clock, type MillwrightError } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import type { KnownPredictions } from "../watch/known-predictions.js";
import type { FeedbackReceipt, Refusal } from "./live-project.js";
import type { LabelRecord } from "./live-records.js";

export interface FeedbackParts {
  readonly labels: AppendLog;
  readonly known: KnownPredictions;
  readonly clock: Clock;
}

type Judged = { readonly id: string; readonly label: 0 | 1 } | MillwrightError;

/** Takes labels of answered predictions. A later label for the same prediction replaces an earlier one. */
export function liveFeedback({ labels, known, clock }: FeedbackParts) {
  function judge(item: unknown): Judged {
    const { id, label, ...others } =
      typeof item === "object" && item !== null ? (item as Record<string, unknown>) : {};
    const given = label === true ? 1 : label === false ? 0 : label;
    if (typeof id !== "string" || (given !== 0 && given !== 1) || Object.keys(others).length > 0) {
      return badLabel(item);
    }
    return known.has(id) ? { id, label: given } : unknownPrediction(id);
  }

  async function record(items: readonly unknown[]): Promise<FeedbackReceipt> {
    const judged = items.map(judge);
    const atMs = clock.nowMs();
    const good = judged.flatMap((one) => ("label" in one ? [{ ...one, atMs } satisfies LabelRecord] : []));
    if (good.length > 0) await labels.append(good.map((label) => JSON.stringify(label)));
    const rejected = judged.flatMap((error, index): Refusal[] =>
      "label" in error ? [] : [{ index, error }],
    );
    return { accepted: good.length, rejected };
  }

  return Object.freeze({ record });
}

function badLabel(item: unknown): MillwrightError {
  return lifecycleErrors.error("MW1105", {
    expected: 'an object { "id": the prediction\'s id, "label": true or false } and nothing else',
    found: valueText(item).slice(0, 200),
    remedy: "Send the id that came with the prediction and its outcome.",
  });
}

function unknownPrediction(id: string): MillwrightError {
  return lifecycleErrors.error("MW1104", {
    expected: "the id of a prediction that this server answered",
    found: JSON.stringify(id.slice(0, 100)),
    remedy: "Send the id that came with the prediction; labels for other systems' ids are not kept.",
    details: { id: id.slice(0, 100) },
  });
}
