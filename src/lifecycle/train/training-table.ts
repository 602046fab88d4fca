import type { FeatureColumns, FeatureSet } from "../../features/index.js";
import {
  canonicalHash,
  sha256,
  t,
  type Column,
  type FieldSpec,
  type Schema,
  type Table,
} from "../../kernel/index.js";
import type { ModelDefinition, Outcomes, Task } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import type { SpineRows } from "./spine-rows.js";

/** The columns that a training set begins with, as far as its model has them. */
const spineColumns = {
  /** Position of the row in the spine's dataset version; rows of a live log come behind, in its order. */
  spine_row: t.int(),
  /** When the row asks. */
  spine_time: t.timestamp(),
  /** What the row counts for. */
  weight: t.float(),
  /** Number of the group within which the row is ranked. */
  group: t.int(),
  /** 1: positive, or known to be strange; the class; the value; the relevance. */
  label: t.float().optional(),
} as const satisfies Schema;

const labelTypes = {
  binary: t.int(),
  multiclass: t.string(),
  regression: t.float(),
  ranking: t.float(),
  anomaly: t.int().optional(),
} as const satisfies Record<ModelDefinition["task"]["kind"], FieldSpec>;

/** Throws MW1124 when the names of a training set's columns do not differ by more than case. */
export function checkColumns({ columns }: FeatureSet): void {
  const taken = new Map(Object.keys(spineColumns).map((name) => [name, `the column "${name}"`]));
  for (const { name } of columns) {
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw lifecycleErrors.error("MW1124", {
        expected: "columns of a training set whose names differ by more than case",
        found: `feature "${name}" and ${other}`,
        remedy: "Rename the feature.",
        details: { feature: name },
      });
    }
    taken.set(name.toLowerCase(), `feature "${name}"`);
  }
}

export interface TrainingRows {
  readonly model: ModelDefinition;
  /** Positions in the spine. */
  readonly rows: Int32Array;
  readonly spine: SpineRows;
  /** The features of these rows. */
  readonly columns: FeatureColumns;
}

/** The rows of a training set as a table. */
export function trainingTable({ model, rows, spine, columns }: TrainingRows): {
  readonly table: Table;
  readonly schema: Schema;
} {
  const { times, outcomes, weights } = spine;
  const taken = (values: ArrayLike<number>) => numbers(Float64Array.from(rows, (row) => values[row]));
  const table: Record<string, Column> = {
    spine_row: numbers(rows),
    ...(model.spine.time === undefined ? {} : { spine_time: taken(times) }),
    ...(weights === undefined ? {} : { weight: taken(weights) }),
    ...(outcomes.groups === undefined ? {} : { group: taken(outcomes.groups) }),
    label: labelColumn(model.task, outcomes, rows),
  };
  const schema: Record<string, FieldSpec> = {};
  for (const name of Object.keys(table) as (keyof typeof spineColumns)[]) schema[name] = spineColumns[name];
  schema["label"] = labelTypes[model.task.kind];
  for (const feature of columns.features) {
    const { name } = feature;
    schema[name] = feature.kind === "number" ? t.float().optional() : t.string().optional();
    table[name] =
      feature.kind === "number"
        ? numbers(feature.values)
        : { kind: "text", codes: feature.codes, dictionary: feature.dictionary };
  }
  return { table: { rowCount: rows.length, columns: table }, schema };
}

function labelColumn(task: Task, { values }: Outcomes, rows: Int32Array): Column {
  if (task.kind !== "multiclass") return numbers(Float64Array.from(rows, (row) => values[row]));
  return { kind: "text", codes: Int32Array.from(rows, (row) => values[row]), dictionary: task.classes };
}

/** Every missing number is the same NaN, so that equal columns are equal bytes. */
function numbers(given: ArrayLike<number>): Column {
  const values = new Float64Array(given.length);
  for (let row = 0; row < values.length; row++) values[row] = Number.isNaN(given[row]) ? NaN : given[row];
  return { kind: "number", values };
}

/**
 * The content of a table: the hash of its columns' names, types and hashes, in order. A column of numbers is
 * hashed as 64-bit floats, little-endian; one of texts as the texts in the order in which they first appear,
 * in JSON, and the numbers of each row's among them, −1 for null, as 32-bit integers.
 */
export function contentHash({ columns }: Table, schema: Schema): string {
  return canonicalHash(
    Object.entries(schema).map(([name, { kind }]) => [name, kind, columnHash(columns[name])]),
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array | Int32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

function columnHash(column: Column): string {
  if (column.kind === "number") return sha256(bytesOf(column.values));
  const numberOf = new Int32Array(column.dictionary.length).fill(-1);
  const texts: string[] = [];
  const codes = column.codes.map((code) => {
    if (code < 0) return -1;
    if (numberOf[code] < 0) numberOf[code] = texts.push(column.dictionary[code]) - 1;
    return numberOf[code];
  });
  return canonicalHash([texts, sha256(bytesOf(codes))]);
}
