import { learningErrors } from "../errors.js";
import { encodeFeatures } from "../feature-encoding.js";
import type { FeatureTable } from "../feature-table.js";
import type { GbdtModel, Tree } from "../gbdt/tree.js";
import { leafOf } from "../decision-nodes.js";
import { addInterventionalShap } from "./interventional-shap.js";
import { addPathShap, expectedValue } from "./path-shap.js";

export interface ExplainOptions {
  /** Number of the class that is explained. Default 0; a model of one output has no other. */
  readonly output?: number;
  /**
   * Rows that stand for "unknown": an unknown feature has the values that these rows have. Default: an unknown
   * feature splits a row as the training rows fell, which costs less and gives correlated features shares of each
   * other's effect.
   */
  readonly background?: FeatureTable;
}

/** What every feature adds to the score (log-odds, or the value) of every row. */
export interface Explanation {
  /** Score when nothing is known of a row. */
  readonly expected: number;
  readonly names: readonly string[];
  /** Rows × names, row-major. With `expected` a row's contributions add up to its score. */
  readonly contributions: Float64Array;
}

/**
 * Exact Shapley values of a tree model, in float64; a text that has several columns is their sum. Time per row:
 * trees × leaves × depth², or trees × leaves × background rows. Throws MW0406 where a table does not fit, MW0424
 * for an output that there is not, or no background rows.
 */
export function explainGbdt(
  model: GbdtModel,
  table: FeatureTable,
  options: ExplainOptions = {},
): Explanation {
  const { output = 0, background } = options;
  if (!Number.isInteger(output) || output < 0 || output >= model.base.length) {
    throw badRequest(`an output from 0 to ${model.base.length - 1}`, String(output));
  }
  const trees = model.trees.filter((_, i) => i % model.base.length === output);
  const columns = encodeFeatures(model.features, table);
  const method =
    background === undefined
      ? pathDependent(trees)
      : interventional(trees, encodeFeatures(model.features, background), background.rowCount);
  const names = [...new Set(model.features.map(({ name }) => name))];
  const place = model.features.map(({ name }) => names.indexOf(name));
  const contributions = new Float64Array(table.rowCount * names.length);
  for (let row = 0; row < table.rowCount; row++) {
    method
      .contributionsOf(columns, row)
      .forEach((value, column) => (contributions[row * names.length + place[column]] += value));
  }
  return Object.freeze({ expected: model.base[output] + method.expected, names, contributions });
}

interface Method {
  readonly expected: number;
  /** Per column. */
  readonly contributionsOf: (columns: readonly Float32Array[], row: number) => Float64Array;
}

function pathDependent(trees: readonly Tree[]): Method {
  return {
    expected: trees.reduce((sum, tree) => sum + expectedValue(tree), 0),
    contributionsOf(columns, row) {
      const into = new Float64Array(columns.length);
      for (const tree of trees) addPathShap(tree, (column) => columns[column][row], into);
      return into;
    },
  };
}

function interventional(
  trees: readonly Tree[],
  background: readonly Float32Array[],
  rowCount: number,
): Method {
  if (rowCount === 0) throw badRequest("at least one background row", "none");
  const references = [...Array(rowCount).keys()];
  const sum = references.reduce(
    (total, row) =>
      total + trees.reduce((score, tree) => score + tree.value[leafOf(tree, background, row)], 0),
    0,
  );
  return {
    expected: sum / rowCount,
    contributionsOf(columns, row) {
      const into = new Float64Array(columns.length);
      const explained = (column: number) => columns[column][row];
      for (const tree of trees) {
        for (const other of references) {
          const reference = (column: number) => background[column][other];
          addInterventionalShap(tree, { explained, reference }, into);
        }
      }
      return into.map((value) => value / rowCount);
    },
  };
}

export function badRequest(expected: string, found: string) {
  return learningErrors.error("MW0424", { expected, found, remedy: "Correct the call." });
}
