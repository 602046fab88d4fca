import { canonicalJson, type Canonical } from "../../kernel/index.js";
import type { Run, RunStore, StepRecord } from "../../training/index.js";
import { sql, type SqliteDatabase } from "./database.js";
import type { Tables } from "./tables.js";

function runOf(row: Tables["runs"]): Run {
  const facts = {
    id: row.id,
    model: row.model,
    manifest: JSON.parse(row.manifest) as Canonical,
    startedAtMs: row.started_at_ms,
  };
  if (row.status === "running" || row.metrics === null || row.finished_at_ms === null) {
    return { ...facts, status: "running" };
  }
  const metrics = JSON.parse(row.metrics) as Canonical;
  return { ...facts, status: row.status, finishedAtMs: row.finished_at_ms, metrics };
}

function rowOf(run: Run): Tables["runs"] {
  const ended = run.status === "running" ? undefined : run;
  return {
    id: run.id,
    model: run.model,
    status: run.status,
    manifest: canonicalJson(run.manifest),
    metrics: ended === undefined ? null : canonicalJson(ended.metrics),
    started_at_ms: run.startedAtMs,
    finished_at_ms: ended?.finishedAtMs ?? null,
  };
}

/** Runs and memoised steps in SQLite. */
export function sqliteRunStore(database: SqliteDatabase): RunStore {
  return Object.freeze({
    saveRun: async (run: Run) => {
      database.run(sql.replaceInto("runs").values(rowOf(run)));
    },
    findRun: async (id: string) => {
      const row = database.all(sql.selectFrom("runs").selectAll().where("id", "=", id)).at(0);
      return row === undefined ? undefined : runOf(row);
    },
    listRuns: async (model?: string) => {
      const all = sql.selectFrom("runs").selectAll().orderBy("started_at_ms", "desc").orderBy("id");
      return database.all(model === undefined ? all : all.where("model", "=", model)).map(runOf);
    },
    findStep: async (key: string) => {
      const row = database.all(sql.selectFrom("steps").select("output").where("key", "=", key)).at(0);
      return row === undefined ? undefined : (JSON.parse(row.output) as Canonical);
    },
    recordStep: async ({ key, name, output, durationMs, createdAtMs }: StepRecord) => {
      const row = {
        key,
        name,
        output: canonicalJson(output),
        duration_ms: durationMs,
        created_at_ms: createdAtMs,
      };
      database.run(
        sql
          .insertInto("steps")
          .values(row)
          .onConflict((conflict) => conflict.doNothing()),
      );
    },
  });
}
