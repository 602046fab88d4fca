import {
  bindTable,
  compileExpression,
  type Column,
  type NumberColumn,
  type Table,
  type TextColumn,
} from "../kernel/index.js";
import type { VisibleEvents } from "./fold.js";
import { fold, orderByTime, type FoldContext } from "./fold.js";
import type { FeatureSet } from "./feature-set.js";

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

/** The feature vectors of many questions, by column, in the feature set's order. */
export interface FeatureColumns {
  readonly rowCount: number;
  readonly features: readonly (NumberFeatureColumn | TextFeatureColumn)[];
}

/** Rows to compute features for: a table with the request's fields, and when each was asked. */
export interface Spine {
  readonly table: Table;
  readonly timeMs: Float64Array;
  /** Position on the axis of the events' `visibleFrom`. */
  readonly askedAt: Float64Array;
}

/** A column of numbers in memory that threads can share. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

/**
 * Computes a feature set for every row of a spine, in the spine's row order. Events are looked up by the
 * name of their source.
 */
export async function buildFeatures(
  set: FeatureSet,
  input: { readonly spine: Spine; readonly events: ReadonlyMap<string, VisibleEvents> },
  context: FoldContext = {},
): Promise<FeatureColumns> {
  const { table } = input.spine;
  const numbers = set.columns.filter(({ kind }) => kind === "number");
  const values = numbers.map(() => sharedFloats(table.rowCount));
  const windows = await foldWindows(set, { ...input, out: values }, context);
  const bind = bindTable(table);
  numbers.slice(windows).forEach(({ name, origin }, i) => {
    const derived = set.derived.find((feature) => feature.name === name);
    const node =
      origin === "derived" && derived ? derived.expression.node : ({ op: "column", name } as const);
    fill(values[windows + i], compileExpression(node, bind));
  });
  const texts = set.columns.filter(({ kind }) => kind === "text");
  return {
    rowCount: table.rowCount,
    features: [
      ...numbers.map(({ name }, i) => ({ kind: "number" as const, name, values: values[i] })),
      ...texts.map(({ name }) => textFeature(name, table.columns[name])),
    ],
  };
}

/** Fills the columns of all windowed features and returns how many there are. */
async function foldWindows(
  set: FeatureSet,
  input: { spine: Spine; events: ReadonlyMap<string, VisibleEvents>; out: readonly Float32Array[] },
  context: FoldContext,
): Promise<number> {
  const { spine, events, out } = input;
  const order = orderByTime(spine.askedAt);
  const all = set.groups.flatMap(({ name, views }) => views.map((view) => ({ name, view })));
  let column = 0;
  let answered = 0;
  for (const { name, view } of all) {
    const width = Object.keys(view.features).length;
    const log = events.get(view.source.name);
    if (log === undefined) throw new TypeError(`no events of source "${view.source.name}" were given`);
    const questions = {
      keys: spine.table.columns[name],
      timeMs: spine.timeMs,
      askedAt: spine.askedAt,
      order,
    };
    const done = answered;
    await fold(
      view,
      { events: log, questions, out: out.slice(column, column + width) },
      {
        ...context,
        onProgress: (count) => context.onProgress?.(done + count),
      },
    );
    column += width;
    answered += order.length;
  }
  return column;
}

function fill(out: Float32Array, read: (row: number) => number | string | null): void {
  for (let row = 0; row < out.length; row++) {
    const value = read(row);
    out[row] = value === null ? NaN : (value as number);
  }
}

function textFeature(name: string, column: Column): TextFeatureColumn {
  const { codes, dictionary } = column.kind === "text" ? column : textOf(column);
  return { kind: "text", name, codes, dictionary };
}

function textOf(_: NumberColumn): TextColumn {
  throw new TypeError("a text feature needs a text column");
}
