import { isMillwrightError, throwIfCancelled, type BlobEntry } from "../../kernel/index.js";
import { holdsOf, type Holding } from "../../registry/index.js";
import { governanceErrors } from "./governance-errors.js";
import type { Project } from "../project.js";

export interface GarbageRequest {
  /** Remove; otherwise only say what would go. */
  readonly apply: boolean;
  /** Blobs that were written since are kept, because remembered steps may name them. Default 30 days. */
  readonly keepStepsMs?: number;
  /** Blobs younger than this are kept whatever `keepStepsMs` says: a run that goes on may need them. Default 1 hour. */
  readonly graceMs?: number;
}

/** Why a blob is kept: the first that holds. */
export type KeptBy = "package" | "dataset" | "run" | "hold" | "age";

/** Numbers and sizes of blobs. Plain JSON. */
export interface Amount {
  readonly blobs: number;
  readonly bytes: number;
}

/** What a garbage collection found. Plain JSON. */
export interface Garbage {
  readonly applied: boolean;
  readonly kept: Readonly<Record<KeptBy, Amount>>;
  /** What nothing reaches: removed, or to be removed with `apply`. The largest first. */
  readonly garbage: readonly BlobEntry[];
  readonly total: Amount;
  /** Written again while the collection went on, and therefore kept. */
  readonly spared: number;
}

type GarbagePorts = Pick<Project, "blobs" | "registry" | "datasets" | "runs" | "clock">;

const dayMs = 86_400_000;
const defaultKeepStepsMs = 30 * dayMs;
const defaultGraceMs = 3_600_000;
/** Only small blobs name others: manifests of packages and of training sets. */
const largestManifest = 1 << 22;

/**
 * Finds, and perhaps removes, blobs that nothing reaches: no registered package, catalogued dataset version, run,
 * hold or manifest of one of these, and that were not written lately. Beside writers it is safe: blobs are
 * listed before roots are read, and a blob that was put again since is spared. Throws MW1130 when a manifest
 * that must be followed cannot be read; then nothing is removed.
 */
export async function collectGarbage(
  project: GarbagePorts,
  { apply, keepStepsMs = defaultKeepStepsMs, graceMs = defaultGraceMs }: GarbageRequest,
  signal?: AbortSignal,
): Promise<Garbage> {
  const youngSinceMs = project.clock.nowMs() - Math.max(keepStepsMs, graceMs);
  const blobs: BlobEntry[] = [];
  for await (const blob of project.blobs.list()) blobs.push(blob);
  const reached = await reachable(project, new Map(blobs.map((blob) => [blob.hash, blob])));
  const reason = ({ hash, modifiedAtMs }: BlobEntry): KeptBy | undefined =>
    reached.get(hash) ?? (modifiedAtMs > youngSinceMs ? "age" : undefined);
  const garbage = blobs
    .filter((blob) => reason(blob) === undefined)
    .sort((x, y) => y.sizeBytes - x.sizeBytes || (x.hash < y.hash ? -1 : 1));
  const removed: BlobEntry[] = [];
  for (const blob of apply ? garbage : []) {
    throwIfCancelled(signal);
    if (await project.blobs.remove(blob.hash, { unmodifiedSinceMs: youngSinceMs })) removed.push(blob);
  }
  const gone = apply ? removed : garbage;
  const keptBy = (kind: KeptBy) => amountOf(blobs.filter((blob) => reason(blob) === kind));
  return {
    applied: apply,
    kept: {
      package: keptBy("package"),
      dataset: keptBy("dataset"),
      run: keptBy("run"),
      hold: keptBy("hold"),
      age: keptBy("age"),
    },
    garbage: gone,
    total: amountOf(gone),
    spared: garbage.length - gone.length,
  };
}

/** Holds a blob against garbage collection, with what it names. Throws MW1001 when it is not there, and MW0619. */
export async function holdBlob(
  { blobs, registry }: Pick<Project, "blobs" | "registry">,
  holding: Holding,
): Promise<void> {
  await blobs.get(holding.blob);
  await registry.hold(holding);
}

/** Ends a hold; harmless where there is none. Throws MW0619. */
export async function releaseBlob({ registry }: Pick<Project, "registry">, holding: Holding): Promise<void> {
  await registry.release(holding);
}

const amountOf = (blobs: readonly BlobEntry[]): Amount => ({
  blobs: blobs.length,
  bytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

/** Every blob that something needs, and what needs it first. */
async function reachable(
  project: GarbagePorts,
  blobs: ReadonlyMap<string, BlobEntry>,
): Promise<ReadonlyMap<string, KeptBy>> {
  const { registry, datasets, runs } = project;
  const reached = new Map<string, KeptBy>();
  const follow = async (root: string, why: KeptBy) => {
    if (!reached.has(root)) reached.set(root, why);
    for (const hash of await namedBy(project, { hash: root, why, entry: blobs.get(root) })) {
      if (!reached.has(hash)) reached.set(hash, why);
    }
  };
  for (const model of await registry.models()) {
    for (const { packageId } of await registry.list(model)) await follow(packageId, "package");
  }
  for (const { blob, quarantineBlob } of await datasets.list()) {
    for (const hash of [blob, quarantineBlob])
      if (hash !== null && !reached.has(hash)) reached.set(hash, "dataset");
  }
  for (const run of await runs.listRuns()) {
    for (const hash of hashesIn(JSON.stringify(run))) if (blobs.has(hash)) await follow(hash, "run");
  }
  for (const hash of holdsOf(await registry.auditLog()).keys()) await follow(hash, "hold");
  return reached;
}

/**
 * The blobs that a blob names, if it is a manifest: JSON that is not large. A package's manifest that cannot be read
 * hides what it names.
 */
async function namedBy(
  { blobs }: Pick<Project, "blobs">,
  { hash, why, entry }: { hash: string; why: KeptBy; entry: BlobEntry | undefined },
): Promise<readonly string[]> {
  if (entry !== undefined && entry.sizeBytes > largestManifest) return [];
  try {
    const bytes = await blobs.get(hash);
    return bytes[0] === "{".charCodeAt(0) ? hashesIn(new TextDecoder().decode(bytes)) : [];
  } catch (cause) {
    if (!isMillwrightError(cause)) throw cause;
    // What only a run names may be lost: it is made anew, and nobody relies on it.
    if (why === "run") return [];
    throw governanceErrors.error("MW1130", {
      expected: `blob ${hash}, which a ${why} names, to say what it needs`,
      found: cause.message,
      remedy: "Train or import the version again, which mends it; release a hold of a blob that is lost.",
      details: { hash, why },
      cause,
    });
  }
}

const hashesIn = (text: string): readonly string[] => text.match(/\b[0-9a-f]{64}\b/g) ?? [];
