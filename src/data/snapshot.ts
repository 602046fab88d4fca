import {
  canonicalHash,
  silentProgress,
  throwIfCancelled,
  type BlobStore,
  type Clock,
  type Progress,
  type Schema,
  type Table,
} from "../kernel/index.js";
import { columnList, datasetId, plainSchema, type DatasetVersion, type Fingerprints } from "./dataset.js";
import { examine, requireUnblocked, requireUsable } from "./examine.js";
import { expectationJson } from "./expectation.js";
import type { DatasetCatalog, ReadOptions, TableEngine } from "./ports.js";
import { quarantineSchema, quarantineTable } from "./quarantine.js";
import { readingJson } from "./source-location.js";
import type { Source } from "./source.js";
import { judgeFresh } from "./whole-judgement.js";

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
    const version = refreshed(source, known, ports.clock.nowMs());
    await catalog.record(version, sourceKey);
    task.finish("unchanged");
    return { version, reused: true };
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
  const { engine, blobs, catalog, clock, signal } = ports;
  const { name, schema } = source;
  const staged = await engine.stage(source.from, schema, signal);
  scratch.push(staged.path);
  const table = await engine.readTable(staged.path, schema);
  const previous = await catalog.latest(name);
  step(2);
  const nowMs = clock.nowMs();
  const rows = { table, rejects: staged.rejects };
  const examination = examine(source, rows, { nowMs, previous, profile: true });
  requireUsable(source, examination);
  step(3);
  const { check, keptCount, outcomes, profile } = examination;
  const goodFile = await writeGoodRows(staged.path, check.quarantined, { engine, schema });
  scratch.push(goodFile);
  const fingerprints = await engine.fingerprint(goodFile, schema);
  step(4);
  const quarantine = await writeQuarantine(quarantineTable(rows, check), engine);
  if (quarantine !== null) scratch.push(quarantine.path);
  step(5);
  return Object.freeze({
    id: datasetId({ name, schema, fingerprints, quarantine: quarantine?.fingerprints ?? null }),
    name,
    schema: plainSchema(schema),
    rowCount: keptCount,
    fingerprints,
    blob: await blobs.adopt(goodFile),
    quarantinedCount: check.quarantined.length,
    quarantineBlob: quarantine === null ? null : await blobs.adopt(quarantine.path),
    expectations: outcomes,
    profile,
    engine: engine.name,
    createdAtMs: nowMs,
  });
}

async function writeGoodRows(
  staged: string,
  quarantined: Int32Array,
  { engine, schema }: { engine: TableEngine; schema: Schema },
): Promise<string> {
  return quarantined.length === 0 ? staged : engine.excludeRows(staged, schema, [...quarantined]);
}

/** A version whose freshness is judged anew: the file is as it was, but time has gone on. Throws MW0205. */
function refreshed(source: Source, version: DatasetVersion, nowMs: number): DatasetVersion {
  if (source.kind === "table") return version;
  const latest = version.profile[source.eventTime];
  const latestMs = latest?.kind === "number" ? latest.max : null;
  const anew = source.expectations
    .filter((expectation) => expectation.kind === "fresh")
    .map((expectation) => judgeFresh(expectation, latestMs, nowMs));
  if (anew.length === 0) return version;
  requireUnblocked(source, anew);
  const byName = new Map(anew.map((outcome) => [outcome.name, outcome]));
  const expectations = version.expectations.map((outcome) => byName.get(outcome.name) ?? outcome);
  return Object.freeze({ ...version, expectations });
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
