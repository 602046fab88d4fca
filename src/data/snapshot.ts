import {
  canonicalHash,
  silentProgress,
  t,
  textColumn,
  throwIfCancelled,
  valueAt,
  type BlobStore,
  type Clock,
  type Progress,
  type Schema,
  type Table,
} from "../kernel/index.js";
import {
  columnList,
  datasetId,
  plainSchema,
  type DatasetVersion,
  type ExpectationOutcome,
  type Fingerprints,
} from "./dataset.js";
import { dataErrors } from "./errors.js";
import { expectationJson, type RowCountExpectation } from "./expectation.js";
import type { DatasetCatalog, ReadOptions, Reject, TableEngine } from "./ports.js";
import { profileTable } from "./profile.js";
import { compileRowExpectations, rejectsByRow, type QuarantinedRow, type TableCheck } from "./row-checks.js";
import { positionsWithout, takeRows } from "./rows.js";
import { readingJson } from "./source-location.js";
import type { Source } from "./source.js";

export interface SnapshotPorts {
  readonly engine: TableEngine;
  readonly blobs: BlobStore;
  readonly catalog: DatasetCatalog;
  readonly clock: Clock;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

export interface Snapshot {
  readonly version: DatasetVersion;
  /** Whether the version was there already and nothing was read but the source's bytes. */
  readonly reused: boolean;
}

/** The columns of a file of quarantined rows. */
export const quarantineSchema = Object.freeze({
  /** Zero-based row of the source. */
  position: t.int(),
  /** What was wrong, as a JSON array of texts. */
  reasons: t.string(),
  /** The row as a JSON object; values that could not be read as the texts that they were. */
  row: t.string(),
});

/**
 * Makes the immutable dataset version of a source, or finds it: a source whose bytes, reading, schema and
 * expectations are unchanged is only hashed. The catalog entry comes last, so a process that dies at any
 * moment leaves nothing visible half-done, and the same call works afterwards.
 *
 * Throws MW0201 to MW0205, MW0210, MW0211, and MW0105 when cancelled.
 */
export async function snapshotSource(source: Source, ports: SnapshotPorts): Promise<Snapshot> {
  const { engine, catalog, signal } = ports;
  const task = (ports.progress ?? silentProgress).start(`snapshot ${source.name}`, 5);
  const step = (done: number) => {
    throwIfCancelled(signal);
    task.update(done);
  };
  const sourceKey = await keyOf(source, engine, signal);
  const known = await catalog.findBySourceKey(sourceKey);
  if (known !== undefined && (await filesPresent(known, ports.blobs))) {
    // Recorded again, so that the source as it is now is the latest version of its name.
    await catalog.record(known, sourceKey);
    task.finish("unchanged");
    return { version: known, reused: true };
  }
  step(1);
  const scratch: string[] = [];
  try {
    const version = await takeSnapshot({ source, ports, scratch, step });
    throwIfCancelled(signal);
    await catalog.record(version, sourceKey);
    task.finish(`${version.rowCount.toLocaleString("en")} rows`);
    return { version, reused: false };
  } finally {
    for (const path of scratch) await engine.discard(path);
  }
}

/** Reads the rows of a dataset version. Throws MW1001 when its file is gone. */
export async function readDataset(
  version: DatasetVersion,
  ports: Pick<SnapshotPorts, "engine" | "blobs">,
  options?: ReadOptions,
): Promise<Table> {
  return ports.engine.readTable(await ports.blobs.localPath(version.blob), version.schema, options);
}

async function keyOf(source: Source, engine: TableEngine, signal?: AbortSignal): Promise<string> {
  return canonicalHash({
    name: source.name,
    file: await engine.hashFile(source.from.path, signal),
    reading: readingJson(source.from),
    columns: columnList(source.schema),
    expectations: source.expectations.map(expectationJson),
  });
}

async function filesPresent(version: DatasetVersion, blobs: BlobStore): Promise<boolean> {
  if (!(await blobs.has(version.blob))) return false;
  return version.quarantineBlob === null || blobs.has(version.quarantineBlob);
}

interface Work {
  readonly source: Source;
  readonly ports: SnapshotPorts;
  /** Files to discard in the end, if nobody has adopted them. */
  readonly scratch: string[];
  readonly step: (done: number) => void;
}

async function takeSnapshot({ source, ports, scratch, step }: Work): Promise<DatasetVersion> {
  const { engine, blobs, clock, signal } = ports;
  const { name, schema } = source;
  const staged = await engine.stage(source.from, schema, signal);
  scratch.push(staged.path);
  const table = await engine.readTable(staged.path, schema);
  step(2);
  const check = compileRowExpectations(source).checkTable(table, staged.rejects);
  const good = goodRows(table, check.quarantined);
  const expectations = judge(source, check, good.rowCount);
  step(3);
  const goodFile = await writeGoodRows(staged.path, check.quarantined, { engine, schema });
  scratch.push(goodFile);
  const fingerprints = await engine.fingerprint(goodFile, schema);
  const quarantine = await writeQuarantine(quarantineTable(table, check.quarantined, staged.rejects), engine);
  if (quarantine !== null) scratch.push(quarantine.path);
  step(4);
  const profile = profileTable(good);
  step(5);
  return Object.freeze({
    id: datasetId({ name, schema, fingerprints, quarantine: quarantine?.fingerprints ?? null }),
    name,
    schema: plainSchema(schema),
    rowCount: good.rowCount,
    fingerprints,
    blob: await blobs.adopt(goodFile),
    quarantinedCount: check.quarantined.length,
    quarantineBlob: quarantine === null ? null : await blobs.adopt(quarantine.path),
    expectations,
    profile,
    engine: engine.name,
    createdAtMs: clock.nowMs(),
  });
}

function goodRows(table: Table, quarantined: readonly QuarantinedRow[]): Table {
  if (quarantined.length === 0) return table;
  const excluded = quarantined.map(({ row }) => row);
  return takeRows(table, positionsWithout(table.rowCount, excluded));
}

async function writeGoodRows(
  staged: string,
  quarantined: readonly QuarantinedRow[],
  { engine, schema }: { engine: TableEngine; schema: Schema },
): Promise<string> {
  if (quarantined.length === 0) return staged;
  return engine.excludeRows(
    staged,
    schema,
    quarantined.map(({ row }) => row),
  );
}

/** Throws when the rows must not become a dataset version; else says how each expectation fared. */
function judge(source: Source, check: TableCheck, rowCount: number): ExpectationOutcome[] {
  for (const { name, severity, failed } of check.outcomes) {
    const example = check.examples.get(name);
    if (severity !== "block" || failed === 0 || example === undefined) continue;
    throw blocked(source.name, name, `${failed} rows that break it, first row ${example.row}`);
  }
  if (rowCount === 0) {
    const [reason] = check.quarantined[0]?.reasons ?? [];
    throw dataErrors.error("MW0210", {
      expected: `rows in source "${source.name}"`,
      found:
        reason === undefined
          ? "none"
          : `${check.quarantined.length} rows, all quarantined; the first: ${reason}`,
      remedy: "Check the file, the schema and the expectations against each other.",
    });
  }
  const counts = source.expectations.filter(
    (expectation): expectation is RowCountExpectation => expectation.kind === "rows",
  );
  const countOutcomes = counts.map(({ name, severity, atLeast, atMost = Infinity }) => {
    const failed = rowCount < atLeast || rowCount > atMost;
    if (failed && severity === "block") throw blocked(source.name, name, `${rowCount} rows`);
    return { name, severity, failed: Number(failed) };
  });
  return [...check.outcomes, ...countOutcomes];
}

function blocked(source: string, expectation: string, found: string) {
  return dataErrors.error("MW0205", {
    expected: `the data of source "${source}" to meet "${expectation}"`,
    found,
    remedy: 'Mend the data, or lower the severity of the expectation to "quarantine" or "warn".',
    details: { source, expectation },
  });
}

function quarantineTable(
  table: Table,
  quarantined: readonly QuarantinedRow[],
  rejects: readonly Reject[],
): Table {
  const columns = Object.entries(table.columns);
  const rejectedByRow = rejectsByRow(rejects);
  const rowJson = (row: number) => {
    const values = columns.map(([name, column]) => {
      const value = valueAt(column, row);
      // JSON has no infinity.
      return [name, Number.isFinite(value) || typeof value !== "number" ? value : String(value)];
    });
    const rejected = (rejectedByRow.get(row) ?? []).map(({ column, found }) => [column, found]);
    return JSON.stringify(Object.fromEntries([...values, ...rejected]));
  };
  return {
    rowCount: quarantined.length,
    columns: {
      position: { kind: "number", values: Float64Array.from(quarantined, ({ row }) => row) },
      reasons: textColumn(quarantined.map(({ reasons }) => JSON.stringify(reasons))),
      row: textColumn(quarantined.map(({ row }) => rowJson(row))),
    },
  };
}

async function writeQuarantine(
  table: Table,
  engine: TableEngine,
): Promise<{ path: string; fingerprints: Fingerprints } | null> {
  if (table.rowCount === 0) return null;
  const schema: Schema = quarantineSchema;
  const path = await engine.writeTable(table, schema);
  return { path, fingerprints: await engine.fingerprint(path, schema) };
}
