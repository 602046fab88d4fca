import type { SourceLocation } from "../../data/index.js";
import type { FileDraft, Publication, RowFile, RowFiles } from "../../data/index.js";
import type { VisibleEvents } from "../../features/index.js";
import {
  isMillwrightError,
  throwIfCancelled,
  type Canonical,
  type MillwrightError,
} from "../../kernel/index.js";
import { readPackage, type ModelVersion } from "../../registry/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { carriedColumns } from "./predict-columns.js";
import { predictErrors } from "./predict-errors.js";
import { featurePredictor } from "./predict-features.js";
import { predictParts, type OnBadRow, type Predicted } from "./predict-parts.js";
import { latestVersions, planKey, planNow, plannedEvents, readPlan, writePlan } from "./predict-plan.js";
import type { RefusedRow, RowPredictor } from "./predict-rows.js";
import { tensorPredictor } from "./predict-tensors.js";
import { findModel, type Project } from "../project.js";
import { versionNamed } from "../versions/read-version.js";

export interface PredictFileRequest {
  /** `churn`, `churn@3` or `churn@champion`; the champion by default. */
  readonly model: string;
  /** A row for each prediction. */
  readonly file: SourceLocation;
  /** The path of the Parquet file that is written. */
  readonly out: string;
  /** The live state whose events count too. */
  readonly live?: string;
  /** Columns that are carried to the output; all by default. */
  readonly columns?: readonly string[];
  /** `fail` by default. */
  readonly onBadRow?: OnBadRow;
  /** Whether a file at `out` may be overwritten. */
  readonly force?: boolean;
  /** Rows of a part; a killed run goes on behind the last finished one. By default what suits the model. */
  readonly chunkRows?: number;
}

/** What was written. Plain JSON. */
export interface PredictedFile {
  readonly model: string;
  readonly version: number;
  readonly packageId: string;
  readonly out: string;
  /** Rows of the file. */
  readonly rows: number;
  /** Rows of the output. */
  readonly written: number;
  readonly refused: { readonly count: number; readonly first: readonly RefusedRow[] };
  /** Rows that an earlier run had predicted. */
  readonly resumedRows: number;
  /** The columns of the predictions. */
  readonly columns: readonly string[];
}

interface Context {
  readonly files: RowFiles;
  readonly signal?: AbortSignal;
}

/** A version and what its predictions rest on. */
interface Subject {
  readonly version: ModelVersion;
  /** Of a model of features. */
  readonly model: ModelDefinition | undefined;
  readonly live: string | undefined;
}

/**
 * Predicts every row of a file into a Parquet file of the same rows and their predictions. Memory does not grow with
 * the file, save for the events of windows, which are in memory once. A run that was killed or cancelled goes on behind
 * its last finished part, on the events that it began with; nothing is at `out` before all of it is. Rows
 * whose time is in the future are answered from what is known now. Throws MW1170 to MW1174, MW0105, MW0201, MW0202,
 * MW0204, MW0217, MW1003, MW1101, MW1107, MW1125 and what loading a version throws.
 */
export async function predictFile(
  project: Project,
  request: PredictFileRequest,
  { files, signal }: Context,
): Promise<PredictedFile> {
  const { file, out, live, columns, onBadRow = "fail", force = false, chunkRows } = request;
  const named = versionNamed(request.model);
  const version = await project.registry.resolve(named.model, named.ref);
  if (!force && (await files.holds(out))) throw taken(out, { found: "something already", remedy: replaceIt });
  const { manifest } = await readPackage(version.packageId, project.blobs);
  const model = manifest.kind === "features" ? findModel(project, version.model) : undefined;
  const subject = { version, model, live };
  const versions = await latestVersions(project, model);
  const print = await files.fingerprint(file.path);
  const key = planKey(project, { version, versions, options: optionsOf(request, print) });
  const note = writePlan(await planNow(project, subject));
  throwIfCancelled(signal);
  const draft = await files.begin({ target: out, key, note });
  if (draft === undefined)
    throw taken(out, { found: "another process that predicts the same file", remedy: "Wait for it to end." });
  const resumedRows = draft.parts.reduce((sum, { rowCount }) => sum + rowCount, 0);
  try {
    const rows = await draft.openRows(file, signal);
    const carried = carriedColumns(rows.columns, columns);
    const open = async () => {
      const plan = readPlan(draft.note);
      const events = await plannedEvents(project, { ...subject, plan, versions });
      return openPredictor(project, { ...subject, rows, events, nowMs: plan.startedAtMs });
    };
    const carrying = draft.carry(carried);
    // It is waited for once the predictions are there.
    carrying.catch(() => undefined);
    const task = project.progress.start(`predict with ${version.model}@${version.version}`, rows.rowCount);
    const predicted = await predictParts(
      { draft, rows, carried, onBadRow, chunkRows },
      { open, task, signal },
    );
    task.finish(`${rows.rowCount.toLocaleString("en")} rows`);
    if ((await files.fingerprint(file.path)) !== print) throw changed(file.path);
    const how = { onlyKept: onBadRow === "skip", replace: force };
    await carrying;
    const written = await publish(project, { draft, predicted, version, how }, signal);
    if (written === undefined)
      throw taken(out, { found: "something that came meanwhile", remedy: keptForIt });
    const { model: name, version: number, packageId } = version;
    return {
      ...{ model: name, version: number, packageId, out, rows: rows.rowCount, written, resumedRows },
      ...predicted,
    };
  } catch (error) {
    if (isMillwrightError(error) && meetsAgain(error)) await draft.discard();
    throw error;
  } finally {
    await draft.close();
  }
}

/** What predictions of a file depend on besides the model. */
function optionsOf(request: PredictFileRequest, print: string): Canonical {
  const { file, live = null, columns = null, onBadRow = "fail", chunkRows = null } = request;
  return { file: { ...file }, print, live, columns: columns && [...columns], onBadRow, chunkRows };
}

interface Opening extends Subject {
  readonly rows: RowFile;
  readonly events: ReadonlyMap<string, VisibleEvents>;
  readonly nowMs: number;
}

const openPredictor = (
  project: Project,
  { version, model, rows, events, nowMs }: Opening,
): Promise<RowPredictor> =>
  model === undefined
    ? tensorPredictor(project, version.packageId, rows)
    : featurePredictor(project, { model, version, events, nowMs }, rows);

/**
 * What the same command would only meet again, such as a file that cannot be read: a draft is not kept for it. One whose
 * output has its place taken (MW1171) is whole, and --force publishes it.
 */
const meetsAgain = ({ code, row }: MillwrightError): boolean =>
  code !== "MW1171" && (row.exit === 2 || Object.hasOwn(predictErrors.rows, code));

interface Publishing {
  readonly draft: FileDraft;
  readonly predicted: Predicted;
  readonly version: ModelVersion;
  readonly how: Pick<Publication, "onlyKept" | "replace">;
}

async function publish(
  { progress, producer }: Project,
  { draft, predicted, version, how }: Publishing,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const task = progress.start("write output");
  const facts = {
    model: version.model,
    version: String(version.version),
    package: version.packageId,
    [producer.name]: producer.version,
  };
  const written = await draft.publish({ computed: predicted.columns, facts, ...how }, signal);
  if (written !== undefined) task.finish(`${written.toLocaleString("en")} rows`);
  return written;
}

const replaceIt = "Name another file, or replace what is there with --force.";
const keptForIt =
  "The predictions are kept beside it: move away what is there and run the same command again, or with --force.";

/** MW1171. */
const taken = (out: string, { found, remedy }: { readonly found: string; readonly remedy: string }) =>
  predictErrors.error("MW1171", { expected: `nothing at ${out}`, found, remedy, details: { out } });

function changed(path: string) {
  return predictErrors.error("MW1174", {
    expected: `${path} to stay as it is while it is read`,
    found: "a file that was written to meanwhile",
    remedy: "Run the same command again when nobody writes to it.",
    details: { path },
  });
}
