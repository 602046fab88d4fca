import { canonicalHash, schemaJson, type Canonical, type FieldSpec, type Schema } from "../kernel/index.js";
import type { Severity } from "./expectation.js";
import type { ColumnProfile } from "./profile.js";

/**
 * A content fingerprint of rows. Every row is written as a text, each column followed by `|`: a number as
 * decimal digits (int, bool and timestamp in epoch milliseconds) or as its 64 IEEE 754 bits (float), a
 * text as its length in UTF-8 bytes, `:` and itself, null as nothing (text: as `:`). The row's hash is the
 * last eight bytes of the MD5 of that text, read little-endian (for identity, not for secrecy). The
 * order-free form does not change when rows are shuffled; the ordered form hashes the row's zero-based
 * position and `#` before the row.
 */
export interface Fingerprint {
  readonly count: number;
  /** Sum of all row hashes modulo 2^64, in 16 hexadecimal digits. */
  readonly sum: string;
  /** Exclusive or of all row hashes, in 16 hexadecimal digits. */
  readonly xor: string;
}

export interface Fingerprints {
  readonly orderFree: Fingerprint;
  readonly ordered: Fingerprint;
}

/** How one expectation fared over a dataset. */
export interface ExpectationOutcome {
  readonly name: string;
  readonly severity: Severity;
  /** Rows that broke it; for an expectation about the whole dataset 1 or 0. */
  readonly failed: number;
  /** What an expectation about the whole dataset found, for people. */
  readonly found?: string;
  /** The number that was judged, where there is one: a count, a statistic, a distance, an age in milliseconds. */
  readonly value?: number;
  /** Present when there was too little data to tell. */
  readonly insufficient?: true;
}

export type Verdict = "ok" | "broken" | "insufficient";

/** The verdict of an outcome. Only `ok` is a pass: an insufficient expectation of severity `block` blocks. */
export function verdictOf({ failed, insufficient }: ExpectationOutcome): Verdict {
  if (insufficient === true) return "insufficient";
  return failed > 0 ? "broken" : "ok";
}

/** A schema as plain JSON, its columns in order. */
export type SchemaJson = Readonly<Record<string, FieldSpec>>;

/** An immutable, content-addressed snapshot of a source. Plain JSON. */
export interface DatasetVersion {
  /** `ds_` and 24 hexadecimal digits; equal ids mean equal name, schema, rows and quarantined rows. */
  readonly id: string;
  /** The name of the source. */
  readonly name: string;
  readonly schema: SchemaJson;
  readonly rowCount: number;
  readonly fingerprints: Fingerprints;
  /** SHA-256 of the canonical Parquet file in the blob store. */
  readonly blob: string;
  readonly quarantinedCount: number;
  /** SHA-256 of the Parquet file of quarantined rows and their reasons; null when there are none. */
  readonly quarantineBlob: string | null;
  readonly expectations: readonly ExpectationOutcome[];
  readonly profile: Readonly<Record<string, ColumnProfile>>;
  /** The engine that wrote the files, e.g. "duckdb 1.5.6". */
  readonly engine: string;
  readonly createdAtMs: number;
}

/** What a dataset version's id is made of. */
export interface DatasetIdentity {
  readonly name: string;
  readonly schema: Schema;
  readonly fingerprints: Fingerprints;
  /** Of the quarantined rows; null when there are none. */
  readonly quarantine: Fingerprints | null;
}

/** The id of a dataset version: the first 96 bits of the identity's canonical hash. */
export function datasetId({ name, schema, fingerprints, quarantine }: DatasetIdentity): string {
  const identity = {
    name,
    columns: columnList(schema),
    rows: plain(fingerprints),
    quarantine: quarantine && plain(quarantine),
  };
  return `ds_${canonicalHash(identity).slice(0, 24)}`;
}

/** A schema as a list, for hashes in which the order of columns counts. */
export function columnList(schema: Schema): Canonical {
  return Object.entries(schemaJson(schema));
}

/** A schema without the methods of its builders. */
export function plainSchema(schema: Schema): SchemaJson {
  return JSON.parse(JSON.stringify(schema)) as SchemaJson;
}

const plain = ({ orderFree, ordered }: Fingerprints): Canonical => ({
  orderFree: { ...orderFree },
  ordered: { ...ordered },
});
