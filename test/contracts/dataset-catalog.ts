import { beforeEach, describe, expect, it } from "vitest";
import type { DatasetCatalog, DatasetVersion } from "../../src/data/index.js";

/** A version that uses every member of the type, so that a store that drops one is found. */
function exampleVersion(id: string, name: string, createdAtMs = 1_000): DatasetVersion {
  const fingerprint = { count: 3, sum: "00000000000000ff", xor: "8000000000000001" };
  return {
    id,
    name,
    schema: {
      date: { kind: "timestamp", nullable: false, min: 0, max: 978_307_200_000 },
      origin: { kind: "string", nullable: true, values: ["JFK", "Zürich"] },
    },
    rowCount: 3,
    fingerprints: { orderFree: fingerprint, ordered: { ...fingerprint, sum: "0123456789abcdef" } },
    blob: "a".repeat(64),
    quarantinedCount: 1,
    quarantineBlob: "b".repeat(64),
    expectations: [
      { name: "schema", severity: "quarantine", failed: 1 },
      { name: "x: mean at most 0.1", severity: "block", failed: 0, value: 0.05, found: "0.05" },
      { name: "fresh within 2d", severity: "warn", failed: 0, found: "no event time", insufficient: true },
    ],
    profile: {
      date: {
        kind: "number",
        count: 3,
        missing: 0,
        distinct: 2,
        min: 0,
        max: 0.1,
        mean: 0.05,
        std: null,
        quantiles: { p01: 0, p05: 0, p25: 0, p50: 0.05, p75: 0.1, p95: 0.1, p99: 0.1 },
        histogram: { edges: [0, 0.1, 0.10000000000000002], counts: [0, 1, 1, 0] },
      },
      origin: {
        kind: "text",
        count: 2,
        missing: 1,
        distinct: 1,
        top: [{ value: "Zürich", count: 2 }],
        lengths: { min: 6, mean: 6, max: 6 },
        frequencies: { values: { Zürich: 2 }, other: 0 },
      },
    },
    engine: "engine 1.0",
    createdAtMs,
  };
}

/** What every catalog of dataset versions must do. `make` gives an empty one. */
export function describeDatasetCatalogContract(name: string, make: () => Promise<DatasetCatalog>): void {
  describe(`${name}: dataset catalog contract`, () => {
    let catalog: DatasetCatalog;
    beforeEach(async () => {
      catalog = await make();
    });
    const ids = (versions: readonly DatasetVersion[]) => versions.map((version) => version.id);

    it("knows nothing at first", async () => {
      expect(await catalog.findBySourceKey("key")).toBeUndefined();
      expect(await catalog.get("ds_1")).toBeUndefined();
      expect(await catalog.latest("flights")).toBeUndefined();
      expect(await catalog.list()).toEqual([]);
    });

    it("gives back exactly what was recorded, by id, source key and name", async () => {
      const version = exampleVersion("ds_1", "flights");
      await catalog.record(version, "key");
      expect(await catalog.get("ds_1")).toEqual(version);
      expect(await catalog.findBySourceKey("key")).toEqual(version);
      expect(await catalog.latest("flights")).toEqual(version);
      expect(await catalog.latest("other")).toBeUndefined();
    });

    it("lists each version once, the last recorded first, whatever their clocks say", async () => {
      await catalog.record(exampleVersion("ds_1", "flights", 9_000), "key1");
      await catalog.record(exampleVersion("ds_2", "weather", 5_000), "key2");
      await catalog.record(exampleVersion("ds_3", "flights", 1_000), "key3");
      expect(ids(await catalog.list())).toEqual(["ds_3", "ds_2", "ds_1"]);
      expect(ids(await catalog.list("flights"))).toEqual(["ds_3", "ds_1"]);
      expect(await catalog.list("other")).toEqual([]);
      expect((await catalog.latest("flights"))?.id).toBe("ds_3");
    });

    it("is idempotent", async () => {
      const version = exampleVersion("ds_1", "flights");
      await catalog.record(version, "key");
      await catalog.record(version, "key");
      expect(await catalog.list()).toEqual([version]);
    });

    it("replaces the entry of a known id, for all its source keys, and counts it as the last", async () => {
      await catalog.record(exampleVersion("ds_1", "flights"), "key1");
      await catalog.record(exampleVersion("ds_2", "flights"), "key2");
      const rewritten = { ...exampleVersion("ds_1", "flights", 2_000), blob: "c".repeat(64) };
      await catalog.record(rewritten, "key3");
      expect(await catalog.findBySourceKey("key1")).toEqual(rewritten);
      expect(await catalog.findBySourceKey("key3")).toEqual(rewritten);
      expect((await catalog.latest("flights"))?.id).toBe("ds_1");
      expect(ids(await catalog.list())).toEqual(["ds_1", "ds_2"]);
    });

    it("moves a source key to the version that it was recorded with last", async () => {
      await catalog.record(exampleVersion("ds_1", "flights"), "key");
      await catalog.record(exampleVersion("ds_2", "flights"), "key");
      expect((await catalog.findBySourceKey("key"))?.id).toBe("ds_2");
      expect((await catalog.get("ds_1"))?.id).toBe("ds_1");
    });

    it("takes names and keys with quotes, percent signs and other scripts", async () => {
      const odd = `o'brien "%_; drop table` + "表";
      await catalog.record(exampleVersion("ds_1", odd), odd);
      expect((await catalog.latest(odd))?.id).toBe("ds_1");
      expect((await catalog.findBySourceKey(odd))?.name).toBe(odd);
      expect(await catalog.list("%")).toEqual([]);
    });
  });
}
