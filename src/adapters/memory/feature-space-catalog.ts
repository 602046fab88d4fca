import type { FeatureSpace, FeatureSpaceCatalog } from "../../features/index.js";

/** Spaces of views in memory. */
export function memoryFeatureSpaceCatalog(): FeatureSpaceCatalog {
  /** In the order of changes. */
  let spaces: FeatureSpace[] = [];
  const same =
    (live: string, { view, name }: Pick<FeatureSpace, "view" | "name">) =>
    (other: FeatureSpace) =>
      other.live === live && other.view === view && other.name === name;

  function put(space: FeatureSpace): void {
    spaces = [...spaces.filter((other) => !same(space.live, space)(other)), structuredClone(space)];
  }

  return Object.freeze({
    list: async (live: string) => structuredClone(spaces.filter((space) => space.live === live).reverse()),
    save: async (space: FeatureSpace) => {
      if (spaces.find(same(space.live, space))?.state !== "active") put(space);
    },
    activate: async (
      live: string,
      chosen: readonly Pick<FeatureSpace, "view" | "name">[],
      { from, atMs }: { readonly from: "shadow" | "retired"; readonly atMs: number },
    ) => {
      const found = chosen.flatMap((space) => spaces.find(same(live, space)) ?? []);
      if (found.length < chosen.length || found.some(({ state }) => state !== from)) return false;
      for (const space of found) {
        const before = spaces.find(
          (other) => other.live === live && other.view === space.view && other.state === "active",
        );
        if (before !== undefined) put({ ...before, state: "retired", changedAtMs: atMs });
        put({ ...space, state: "active", changedAtMs: atMs });
      }
      return true;
    },
  });
}
