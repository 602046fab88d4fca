import type { DatasetCatalog, DatasetVersion } from "../../data/index.js";
import { sql, type SqliteDatabase } from "./database.js";

const versionOf = ({ body }: { readonly body: string }) => JSON.parse(body) as DatasetVersion;

/** Dataset versions in SQLite. */
export function sqliteDatasetCatalog(database: SqliteDatabase): DatasetCatalog {
  const newest = sql.selectFrom("dataset_versions as v").select("v.body").orderBy("v.recorded", "desc");
  const first = (query: typeof newest) => database.all(query.limit(1)).map(versionOf).at(0);
  return Object.freeze({
    findBySourceKey: async (sourceKey: string) => {
      const sources = sql
        .selectFrom("dataset_sources")
        .select("dataset_id")
        .where("source_key", "=", sourceKey);
      return first(newest.where("v.id", "=", sources));
    },
    get: async (id: string) => first(newest.where("v.id", "=", id)),
    latest: async (name: string) => first(newest.where("v.name", "=", name)),
    record: async (version: DatasetVersion, sourceKey: string) => {
      const { id, name } = version;
      database.transaction(() => {
        const [{ last }] = database.all(
          sql.selectFrom("dataset_versions").select(({ fn }) => fn.max("recorded").as("last")),
        );
        const entry = { name, body: JSON.stringify(version), recorded: (last ?? 0) + 1 };
        database.run(
          sql
            .insertInto("dataset_versions")
            .values({ id, ...entry })
            .onConflict((conflict) => conflict.column("id").doUpdateSet(entry)),
        );
        database.run(
          sql
            .insertInto("dataset_sources")
            .values({ source_key: sourceKey, dataset_id: id })
            .onConflict((conflict) => conflict.column("source_key").doUpdateSet({ dataset_id: id })),
        );
      });
    },
    list: async (name?: string) =>
      database.all(name === undefined ? newest : newest.where("v.name", "=", name)).map(versionOf),
  });
}
