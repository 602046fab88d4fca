import type { FileColumn, FileRows } from "../../data/index.js";
import { buildFeatures, lookupsOf, type VisibleEvents } from "../../features/index.js";
import { loadModel, type LoadedModel } from "../../inference/index.js";
import { compileRecord, describeProblem, valueAt, type Table } from "../../kernel/index.js";
import type { ModelVersion } from "../../registry/index.js";
import { answerOf, type ModelDefinition } from "../../training/index.js";
import { answerColumns } from "./predict-answers.js";
import { missingColumn } from "./predict-columns.js";
import { batchesOf, poolOf, type RowPredictor, type RowValues } from "./predict-rows.js";
import { batchRows, openAll, predictingSessions, sessionCount } from "./predict-sessions.js";
import type { Project } from "../project.js";
import { batchOf } from "../train/score-rows.js";
import { checkContract } from "../versions/servable-version.js";

/** Events are walked through once for each chunk, so that fewer chunks cost less. */
const chunkRowsWithEvents = 262_144;
const chunkRows = 65_536;

export interface FeatureModel {
  readonly model: ModelDefinition;
  readonly version: ModelVersion;
  /** What the features are computed from, by source; in memory once. */
  readonly events: ReadonlyMap<string, VisibleEvents>;
  /** When the rows ask of a model without a time. */
  readonly nowMs: number;
}

/**
 * A model of features, over a file with the fields of its requests: each row's features are computed as of its time by
 * the code that computes those of a training set. Throws MW1107, MW1170 and what loading throws.
 */
export async function featurePredictor(
  project: Project,
  { model, version, events, nowMs }: FeatureModel,
  { columns, rowCount }: { readonly columns: readonly FileColumn[]; readonly rowCount: number },
): Promise<RowPredictor> {
  const { request } = model.features;
  const missing = Object.keys(request).find((name) => columns.every((column) => column.name !== name));
  if (missing !== undefined) throw missingColumn(missing, columns);
  const count = sessionCount(project, rowCount);
  const context = { blobs: project.blobs, sessions: predictingSessions(project, count) };
  const models = await openAll(count, () => loadModel(version.packageId, context));
  const pool = poolOf<LoadedModel>(models);
  const [{ manifest }] = models;
  try {
    checkContract(model, version.version, manifest);
  } catch (error) {
    await pool.dispose();
    throw error;
  }
  const width = manifest.signature.outputs[0]?.shape[1] ?? 1;
  const hasEvents = lookupsOf(model.features).length > 0;
  return Object.freeze({
    chunkRows: hasEvents ? chunkRowsWithEvents : chunkRows,
    fields: Object.entries(request).map(([name, { kind, nullable }]) => ({
      ...{ name, column: name, kind, nullable },
    })),
    matrices: [],
    columns: answerColumns(model.task, width, []),
    check: compileCheck(model),
    async predict({ table }: RowValues, signal?: AbortSignal) {
      const timeMs = timesOf(model, table, nowMs);
      const features = await buildFeatures(
        model.features,
        { spine: { table, timeMs, askedAt: timeMs }, events },
        { threads: project.threads, ...(signal === undefined ? {} : { signal }) },
      );
      const scored = batchesOf(table.rowCount, batchRows).map(([from, to]) =>
        pool.run((loaded) => {
          const { numeric, rows, text } = batchOf(features, from, to);
          return loaded.predict(numeric, rows, text);
        }),
      );
      const answers = (await Promise.all(scored)).flatMap((outputs) =>
        Array.from({ length: outputs.length / width }, (_, row) =>
          answerOf(model.task, outputs.subarray(row * width, (row + 1) * width)),
        ),
      );
      return answerColumns(model.task, width, answers);
    },
    dispose: () => pool.dispose(),
  });
}

function timesOf({ spine: { time } }: ModelDefinition, table: Table, nowMs: number): Float64Array {
  if (time === undefined) return new Float64Array(table.rowCount).fill(nowMs);
  const column = table.columns[time];
  if (column.kind === "number") return column.values;
  throw new TypeError(`column "${time}" is not a time`);
}

/** Judges rows as the server judges requests, in the same words. */
function compileCheck({ features: { request } }: ModelDefinition): RowPredictor["check"] {
  const parse = compileRecord(request);
  const fields = Object.entries(request);
  return ({ from, table, rejects }: FileRows) => {
    const unreadable = new Map<number, Record<string, string>>();
    for (const { row, column, found } of rejects)
      unreadable.set(row - from, { ...unreadable.get(row - from), [column]: found });
    const problems = new Map<number, readonly string[]>();
    for (let row = 0; row < table.rowCount; row++) {
      const record: Record<string, unknown> = {};
      for (const [name, { kind }] of fields) {
        const value = valueAt(table.columns[name], row);
        record[name] = kind === "bool" && value !== null ? value === 1 : value;
      }
      const parsed = parse(Object.assign(record, unreadable.get(row)));
      if (!parsed.ok) problems.set(row, parsed.problems.map(describeProblem));
    }
    return problems;
  };
}
