import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fsBlobStore } from "../../adapters/fs/index.js";
import {
  memoryBlobStore,
  memoryDatasetCatalog,
  memoryRegistryStore,
  memoryRunStore,
} from "../../adapters/memory/index.js";
import type { DatasetVersion } from "../../data/index.js";
import { isMillwrightError, manualClock, sha256, systemClock, type BlobStore } from "../../kernel/index.js";
import { readPackage, writePackage, type RegistryStore } from "../../registry/index.js";
import { exampleContents, exampleFacts } from "../../registry/packages.testing.js";
import { collectGarbage, holdBlob, releaseBlob } from "./collect-garbage.js";
import { registerPackage } from "./exchange-packages.js";
import { trainedProject } from "../train/trained-project.testing.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-gc-"));
});
afterAll(() => rm(folder, { recursive: true }));

const hourMs = 3_600_000;
const startMs = 100 * 24 * hourMs;

function fresh() {
  const clock = manualClock(startMs);
  return {
    clock,
    blobs: memoryBlobStore(folder, clock),
    registry: memoryRegistryStore(clock),
    datasets: memoryDatasetCatalog(),
    runs: memoryRunStore(),
  };
}

/** Example package number `n`, of a model of its own bytes. */
const contents = (n: number) =>
  exampleContents({
    facts: exampleFacts({ seed: n }),
    model: new Uint8Array([n, n >> 8, 3]),
    card: `# ${n}\n`,
  });

const text = (value: string) => new TextEncoder().encode(value);

/** A dataset version of which only what is stored counts here. */
function dataset(id: string, blob: string, quarantineBlob: string | null): DatasetVersion {
  const fingerprint = { count: 0, sum: "0".repeat(16), xor: "0".repeat(16) };
  return {
    ...{ id, name: "trips", schema: {}, rowCount: 0, blob, quarantinedCount: 0, quarantineBlob },
    ...{ fingerprints: { orderFree: fingerprint, ordered: fingerprint } },
    ...{ expectations: [], profile: {}, engine: "test", createdAtMs: 0 },
  };
}

async function left(blobs: BlobStore): Promise<Set<string>> {
  const hashes = new Set<string>();
  for await (const { hash } of blobs.list()) hashes.add(hash);
  return hashes;
}

describe("what nothing reaches goes, and nothing else", () => {
  test("over random projects, against the plain list of what was needed when it was made", async () => {
    const item = fc.record({
      kind: fc.constantFrom("package", "unregistered", "dataset", "run", "held", "released", "loose"),
      ageHours: fc.constantFrom(0, 0.5, 2, 300, 1000),
    });
    const limits = fc.record({
      keepStepsMs: fc.constantFrom(1, 100 * hourMs, 720 * hourMs),
      graceMs: fc.constantFrom(1, hourMs),
    });
    const property = fc.asyncProperty(fc.array(item, { maxLength: 12 }), limits, async (items, given) => {
      const project = fresh();
      const { blobs, registry, datasets, runs, clock } = project;
      const person = { by: "ann", reason: "test" };
      const needed = new Set<string>();
      /** Blobs that the clock alone may keep, by when they were written; shared ones as often as they were. */
      const writtenAtMs = new Map<string, number>();
      const sorted = items.map((one, n) => ({ ...one, n })).sort((a, b) => b.ageHours - a.ageHours);
      const newestMs = startMs + 1000 * hourMs;
      for (const { kind, ageHours, n } of sorted) {
        clock.advance(newestMs - ageHours * hourMs - clock.nowMs());
        const put = async (bytes: Uint8Array) => {
          const hash = await blobs.put(bytes);
          writtenAtMs.set(hash, clock.nowMs());
          return hash;
        };
        if (kind === "package" || kind === "unregistered") {
          const { id, manifest } = await writePackage(contents(n), { put });
          if (kind === "unregistered") continue;
          await registry.register({ model: "delay", packageId: id, runId: null });
          for (const hash of [id, ...Object.values(manifest.files).map(({ sha256 }) => sha256)])
            needed.add(hash);
        } else if (kind === "dataset") {
          const [blob, quarantine] = [await put(text(`rows ${n}`)), await put(text(`bad rows ${n}`))];
          await datasets.record(dataset(`ds_${n}`, blob, quarantine), `key ${n}`);
          needed.add(blob).add(quarantine);
        } else if (kind === "run") {
          const scores = await put(text(`scores ${n}`));
          const metrics = { report: { scores }, absent: sha256("no blob") };
          const run = {
            id: `run-${n}`,
            model: "delay",
            manifest: {},
            startedAtMs: 0,
            finishedAtMs: 1,
            metrics,
          };
          await runs.saveRun({ ...run, status: "finished" });
          needed.add(scores);
        } else {
          const rows = await put(text(`training rows ${n}`));
          const manifest = await put(text(JSON.stringify({ n, blob: rows })));
          if (kind === "loose") continue;
          await holdBlob(project, { blob: manifest, ...person });
          if (kind === "released") await releaseBlob(project, { blob: manifest, ...person });
          else needed.add(manifest).add(rows);
        }
      }
      clock.advance(newestMs - clock.nowMs());
      const before = await left(blobs);
      const oldest = newestMs - Math.max(given.keepStepsMs, given.graceMs);
      const garbage = [...before].filter(
        (hash) => !needed.has(hash) && (writtenAtMs.get(hash) as number) <= oldest,
      );

      const dry = await collectGarbage(project, { apply: false, ...given });
      expect(await left(blobs)).toEqual(before);
      expect(dry.garbage.map(({ hash }) => hash).sort()).toEqual(garbage.sort());
      const kept = Object.values(dry.kept).reduce((sum, amount) => sum + amount.blobs, 0);
      expect(kept + dry.total.blobs).toBe(before.size);

      const applied = await collectGarbage(project, { apply: true, ...given });
      expect(applied).toEqual({ ...dry, applied: true });
      for (const hash of garbage) before.delete(hash);
      expect(await left(blobs)).toEqual(before);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test("a trained project keeps all that its version, data and run need, and gives back the rest", async () => {
    const trained = await trainedProject();
    try {
      const { project, result } = trained;
      const gone = await collectGarbage(project, { apply: true, keepStepsMs: 1, graceMs: 1 });
      // The baseline's graph is in no package.
      expect(gone.total.blobs).toBeGreaterThan(0);
      expect(gone.spared).toBe(0);
      await readPackage(result.packageId, project.blobs);
      expect(await project.blobs.has(result.report.scores)).toBe(true);
      expect((await collectGarbage(project, { apply: false, keepStepsMs: 1, graceMs: 1 })).total.blobs).toBe(
        0,
      );
    } finally {
      await trained.close();
    }
  });
});

test("nothing goes while the manifest of a registered package cannot be read", async () => {
  const project = fresh();
  const { id } = await writePackage(contents(1), project.blobs);
  await project.registry.register({ model: "delay", packageId: id, runId: null });
  await project.blobs.put(text("loose"));
  project.clock.advance(1000 * hourMs);
  await project.blobs.remove(id, { unmodifiedSinceMs: project.clock.nowMs() });
  const before = await left(project.blobs);
  await expect(collectGarbage(project, { apply: true })).rejects.toMatchObject({ code: "MW1130" });
  expect(await left(project.blobs)).toEqual(before);
  await writePackage(contents(1), project.blobs);
  expect((await collectGarbage(project, { apply: true })).total.blobs).toBe(1);
});

test("a blob that is not there cannot be held", async () => {
  const holding = { blob: "a".repeat(64), by: "ann", reason: "test" };
  await expect(holdBlob(fresh(), holding)).rejects.toMatchObject({ code: "MW1001" });
});

test("beside a writer that registers old packages, no registered one loses a file", async () => {
  const blobs = fsBlobStore(join(folder, "contended"));
  const registry: RegistryStore = memoryRegistryStore(systemClock);
  const ports = {
    blobs,
    registry,
    datasets: memoryDatasetCatalog(),
    runs: memoryRunStore(),
    clock: systemClock,
  };
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) ids.push((await writePackage(contents(n), blobs)).id);
  // A run that was killed long ago left them behind.
  const old = new Date(systemClock.nowMs() - 1000 * hourMs);
  for await (const { hash } of blobs.list()) {
    await utimes(join(folder, "contended", hash.slice(0, 2), hash.slice(2)), old, old);
  }
  let writing = true;
  let removed = 0;
  const collector = (async () => {
    while (writing) removed += (await collectGarbage(ports, { apply: true, keepStepsMs: 1 })).total.blobs;
  })();
  let taken = 0;
  for (const [n, packageId] of ids.entries()) {
    const wish = { packageId, runId: "run" };
    try {
      await registerPackage({ blobs, registry }, wish);
    } catch (error) {
      // The collection came first: then it is made again, as a training would.
      if (!isMillwrightError(error, "MW0605")) throw error;
      taken++;
      await writePackage(contents(n), blobs);
      await registerPackage({ blobs, registry }, wish);
    }
  }
  writing = false;
  await collector;
  expect(removed).toBeGreaterThan(0);
  expect(taken).toBeGreaterThan(0);
  for (const id of ids) await readPackage(id, blobs);
});
