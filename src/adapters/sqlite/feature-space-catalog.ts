import type { FeatureSpace, FeatureSpaceCatalog } from "../../features/index.js";
import { canonicalJson, type Canonical } from "../../kernel/index.js";
import { sql, type SqliteDatabase } from "./database.js";
import type { Tables } from "./tables.js";

function spaceOf(row: Tables["feature_spaces"]): FeatureSpace {
  const { definition, started_at_ms, changed_at_ms, changed: _, ...facts } = row;
  return {
    ...facts,
    definition: JSON.parse(definition) as Canonical,
    startedAtMs: started_at_ms,
    changedAtMs: changed_at_ms,
  };
}

function rowOf({ definition, startedAtMs, changedAtMs, ...facts }: FeatureSpace, changed: number) {
  return {
    ...facts,
    definition: canonicalJson(definition),
    started_at_ms: startedAtMs,
    changed_at_ms: changedAtMs,
    changed,
  };
}

/** Spaces of views in SQLite. An index holds each view to one active space. */
export function sqliteFeatureSpaceCatalog(database: SqliteDatabase): FeatureSpaceCatalog {
  const spaces = sql.selectFrom("feature_spaces");
  const next = () =>
    (database.all(spaces.select(({ fn }) => fn.max("changed").as("last"))).at(0)?.last ?? 0) + 1;
  const update = sql.updateTable("feature_spaces");
  const stateOf = (live: string, { view, name }: Pick<FeatureSpace, "view" | "name">) =>
    database
      .all(spaces.select("state").where("live", "=", live).where("view", "=", view).where("name", "=", name))
      .at(0)?.state;

  return Object.freeze({
    list: async (live: string) =>
      database.all(spaces.selectAll().where("live", "=", live).orderBy("changed", "desc")).map(spaceOf),
    save: async (space: FeatureSpace) =>
      database.transaction(() => {
        if (stateOf(space.live, space) === "active") return;
        database.run(sql.replaceInto("feature_spaces").values(rowOf(space, next())));
      }),
    activate: async (
      live: string,
      chosen: readonly Pick<FeatureSpace, "view" | "name">[],
      { from, atMs }: { readonly from: "shadow" | "retired"; readonly atMs: number },
    ) =>
      database.transaction(() => {
        if (chosen.some((space) => stateOf(live, space) !== from)) return false;
        for (const { view, name } of chosen) {
          const ofView = update.where("live", "=", live).where("view", "=", view);
          const change = (state: "active" | "retired") => ({ state, changed_at_ms: atMs, changed: next() });
          database.run(ofView.where("state", "=", "active").set(change("retired")));
          database.run(ofView.where("name", "=", name).set(change("active")));
        }
        return true;
      }),
  });
}
