import type { FeatureColumns, FeatureSet } from "../features/index.js";
import {
  canonicalHash,
  sha256,
  t,
  type Column,
  type FieldSpec,
  type Schema,
  type Table,
} from "../kernel/index.js";
import { lifecycleErrors } from "./errors.js";

/** The columns that every training set begins with. */
const spineColumns = {
  /** Position of the row in the spine's dataset version; rows of a live log come behind, in its order. */
  spine_row: t.int(),
  /** When the row asks. */
  spine_time: t.timestamp(),
  /** 1: positive. */
  label: t.int(),
} as const satisfies Schema;

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
  /** Positions in the spine. */
  readonly rows: Int32Array;
  readonly times: Float64Array;
  readonly labels: Uint8Array;
  readonly columns: FeatureColumns;
}

/** The rows of a training set as a table. */
export function trainingTable({ rows, times, labels, columns }: TrainingRows): {
  readonly table: Table;
  readonly schema: Schema;
} {
  const schema: Record<string, FieldSpec> = { ...spineColumns };
  const table: Record<string, Column> = {
    spine_row: numbers(rows),
    spine_time: numbers(times),
    label: numbers(labels),
  };
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
