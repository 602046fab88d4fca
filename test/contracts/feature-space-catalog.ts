import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { FeatureSpace, FeatureSpaceCatalog } from "../../src/features/index.js";

type Saved = FeatureSpace & { readonly state: "building" | "shadow" };

/** What every catalog of feature spaces must do. `make` gives an empty one. */
export function describeFeatureSpaceCatalogContract(
  name: string,
  make: () => Promise<FeatureSpaceCatalog>,
): void {
  describe(`${name}: feature space catalog contract`, () => {
    let catalog: FeatureSpaceCatalog;
    beforeEach(async () => {
      catalog = await make();
    });

    const space = (view: string, version: string, changes: Partial<Saved> = {}): Saved => ({
      ...{ live: "default", view, name: `${version}:ds@1`, hash: version, state: "shadow" },
      definition: { source: { name: "trips" }, features: ["ß", 1.5, null] },
      ...{ sequence: 7, checkpoint: null, compared: 0, mismatches: 0, startedAtMs: 1, changedAtMs: 1.5 },
      ...changes,
    });
    const states = async (live = "default") =>
      (await catalog.list(live)).map((one) => `${one.view} ${one.hash} ${one.state}`);

    it("knows nothing at first", async () => {
      expect(await catalog.list("default")).toEqual([]);
      const nothing = [{ view: "traffic", name: "a:ds@1" }];
      expect(await catalog.activate("default", nothing, { from: "shadow", atMs: 1 })).toBe(false);
    });

    it("keeps what it is given, of each live state apart, the last changed first", async () => {
      const building = space("traffic", "a", { state: "building", checkpoint: "default/filled-1" });
      await catalog.save(building);
      await catalog.save(space("weather", "b"));
      await catalog.save(space("traffic", "a", { live: "other" }));
      expect(await catalog.list("default")).toEqual([space("weather", "b"), building]);
      await catalog.save({ ...building, state: "shadow", compared: 500, mismatches: 2, sequence: 2 ** 40 });
      expect(await catalog.list("default")).toMatchObject([
        { view: "traffic", state: "shadow", compared: 500, mismatches: 2, sequence: 2 ** 40 },
        { view: "weather" },
      ]);
      expect(await states("other")).toEqual(["traffic a shadow"]);
    });

    it("switches views together, retires what was active, and switches back", async () => {
      for (const view of ["traffic", "weather"]) await catalog.save(space(view, "a"));
      const first = [space("traffic", "a"), space("weather", "a")];
      expect(await catalog.activate("default", first, { from: "shadow", atMs: 9 })).toBe(true);
      await catalog.save(space("traffic", "b"));
      expect(await catalog.activate("default", [space("traffic", "b")], { from: "shadow", atMs: 10 })).toBe(
        true,
      );
      expect(await states()).toEqual(["traffic b active", "traffic a retired", "weather a active"]);
      expect((await catalog.list("default"))[1]).toEqual({
        ...space("traffic", "a"),
        ...{ state: "retired", changedAtMs: 10 },
      });
      expect(await catalog.activate("default", [space("traffic", "a")], { from: "retired", atMs: 11 })).toBe(
        true,
      );
      expect(await states()).toEqual(["traffic a active", "traffic b retired", "weather a active"]);
    });

    it("switches nothing unless every space is in the state that it is to leave", async () => {
      await catalog.save(space("traffic", "a"));
      await catalog.activate("default", [space("traffic", "a")], { from: "shadow", atMs: 2 });
      await catalog.save(space("traffic", "b"));
      await catalog.save(space("weather", "b", { state: "building" }));
      const before = await catalog.list("default");
      const both = [space("traffic", "b"), space("weather", "b")];
      for (const from of ["shadow", "retired"] as const) {
        expect(await catalog.activate("default", both, { from, atMs: 3 })).toBe(false);
      }
      const elsewhere = [space("traffic", "b")];
      expect(await catalog.activate("other", elsewhere, { from: "shadow", atMs: 3 })).toBe(false);
      expect(await catalog.list("default")).toEqual(before);
    });

    it("never takes what is active back by saving it", async () => {
      await catalog.save(space("traffic", "a"));
      await catalog.activate("default", [space("traffic", "a")], { from: "shadow", atMs: 2 });
      await catalog.save(space("traffic", "a", { state: "building" }));
      expect(await states()).toEqual(["traffic a active"]);
    });

    it("has one active space of a view at most, whatever was done before", async () => {
      const step = fc.record({
        view: fc.constantFrom("traffic", "weather"),
        version: fc.constantFrom("a", "b", "c"),
        action: fc.constantFrom("building" as const, "shadow" as const, "activate" as const, "back" as const),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
          catalog = await make();
          for (const [atMs, { view, version, action }] of steps.entries()) {
            if (action === "building" || action === "shadow") {
              await catalog.save(space(view, version, { state: action }));
              continue;
            }
            const before = await catalog.list("default");
            const from = action === "activate" ? "shadow" : "retired";
            const known = before.find((one) => one.view === view && one.hash === version);
            const done = await catalog.activate("default", [space(view, version)], { from, atMs });
            expect(done).toBe(known?.state === from);
            const active = (await catalog.list("default")).filter((one) => one.state === "active");
            if (done)
              expect(active).toMatchObject(
                expect.arrayContaining([expect.objectContaining({ view, hash: version })]),
              );
            expect(new Set(active.map((one) => one.view)).size).toBe(active.length);
          }
        }),
        { numRuns: 20 },
      );
    });
  });
}
