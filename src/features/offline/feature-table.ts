import {
  bindTable,
  compileExpression,
  type Column,
  type NumberColumn,
  type Table,
  type TextColumn,
} from "../../kernel/index.js";
import type { FeatureSet } from "../definition/feature-set.js";
import { shared } from "./fold-groups.js";
import { windowFeatures, type BuildContext, type BuildInput } from "./window-features.js";
import { modelNumber } from "../definition/model-number.js";

/** Numbers in shared memory, so that worker threads read them without a copy; NaN is missing. */
export interface NumberFeatureColumn {
  readonly kind: "number";
  readonly name: string;
  readonly values: Float32Array;
}

export interface TextFeatureColumn {
  readonly kind: "text";
  readonly name: string;
  /** −1 is missing. */
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

type FeatureColumn = NumberFeatureColumn | TextFeatureColumn;

/** The feature vectors of many questions, by column, in the feature set's order. */
export interface FeatureColumns {
  readonly rowCount: number;
  readonly features: readonly FeatureColumn[];
}

/** A column of numbers in memory that threads can share. */
export function sharedFloats(length: number): Float32Array {
  return shared(Float32Array, length);
}

/**
 * Computes a feature set for every row of a spine, in the spine's row order. Events are looked up by the
 * name of their source. Throws MW0105 when cancelled, MW0303 for a value too large to aggregate, MW0309 when
 * an engine's answer differs from the fold's, MW0310 when a worker dies.
 */
export async function buildFeatures(
  set: FeatureSet,
  input: BuildInput,
  context: BuildContext = {},
): Promise<FeatureColumns> {
  const { table } = input.spine;
  const windows = await windowFeatures(set, input, context);
  const features = set.columns.map((column): FeatureColumn => {
    const { name, kind, origin } = column;
    if (origin === "window") return { name, ...windows[kind].shift() } as FeatureColumn;
    return kind === "text" ? textFeature(name, table.columns[name]) : numberFeature(set, column, table);
  });
  return { rowCount: table.rowCount, features };
}

function numberFeature(
  set: FeatureSet,
  { name, origin }: FeatureSet["columns"][number],
  table: Table,
): FeatureColumn {
  const derived = set.derived.find((feature) => feature.name === name);
  const node = origin === "derived" && derived ? derived.expression.node : ({ op: "column", name } as const);
  const read = compileExpression(node, bindTable(table));
  const values = sharedFloats(table.rowCount);
  for (let row = 0; row < values.length; row++) {
    const value = read(row);
    values[row] = modelNumber(value as number | null);
  }
  return { kind: "number", name, values };
}

function textFeature(name: string, column: Column): FeatureColumn {
  const { codes, dictionary } = column.kind === "text" ? column : textOf(column);
  return { kind: "text", name, codes, dictionary };
}

function textOf(_: NumberColumn): TextColumn {
  throw new TypeError("a text feature needs a text column");
}
