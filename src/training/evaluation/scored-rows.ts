import type { Outcomes } from "../outcome.js";
import { outputParts } from "../outputs.js";
import type { Task } from "../task.js";
import { takeRows, type Scored } from "./scored.js";

/** What is known of the rows of a spine, some of which were scored. */
export interface KnownRows {
  readonly task: Task;
  readonly outcomes: Outcomes;
  /** Epoch milliseconds of every row of the spine. */
  readonly times: Float64Array;
  /** What every row of the spine counts for. */
  readonly weights?: Float64Array;
  /** The rows that were scored, all with a known outcome unless the task is anomaly. */
  readonly rows: Uint32Array;
  /** Of a regression: the quantile of the label that the scores are; absent where they are another thing. */
  readonly quantile?: number;
}

/**
 * One model's scores with the outcomes of its rows, as an evaluation takes them. Among anomalies a row without a label
 * is no negative: where some rows have one, the others are left out.
 * @param outputs rows × width in the order of `rows`, as the graph gives them
 */
export function scoredRows(
  { task, outcomes, times, weights, rows, quantile }: KnownRows,
  outputs: Float32Array,
): Scored {
  const { values, groups } = outcomes;
  const { scores, intervals, sets } = outputParts(task, outputs, rows.length);
  const members = sets === undefined ? {} : { sets };
  const common = {
    scores,
    times: Float64Array.from(rows, (row) => times[row]),
    ...(weights === undefined ? {} : { weights: Float32Array.from(rows, (row) => weights[row]) }),
  };
  switch (task.kind) {
    case "binary":
      return { task: "binary", ...common, ...members, labels: Uint8Array.from(rows, (row) => values[row]) };
    case "multiclass": {
      const labels = Uint16Array.from(rows, (row) => values[row]);
      return { task: "multiclass", ...common, ...members, labels, classes: task.classes };
    }
    case "regression":
      return {
        task: "regression",
        ...common,
        ...(quantile === undefined ? {} : { quantiles: [quantile] }),
        ...(intervals === undefined ? {} : { intervals }),
        values: Float64Array.from(rows, (row) => values[row]),
      };
    case "ranking": {
      if (groups === undefined) throw new TypeError("outcomes of a ranking have groups");
      const relevance = Float64Array.from(rows, (row) => values[row]);
      return { task: "ranking", ...common, relevance, groups: Int32Array.from(rows, (row) => groups[row]) };
    }
    case "anomaly": {
      const known = Uint32Array.from(rows.keys()).filter((i) => !Number.isNaN(values[rows[i]]));
      if (known.length === 0) return { task: "anomaly", ...common };
      const labels = Uint8Array.from(rows, (row) => (values[row] === 1 ? 1 : 0));
      return takeRows({ task: "anomaly", ...common, labels }, known);
    }
  }
}
