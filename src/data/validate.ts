import { silentProgress, throwIfCancelled } from "../kernel/index.js";
import { verdictOf, type ExpectationOutcome, type Verdict } from "./dataset.js";
import { examine, type Examination, type ReadRows } from "./examine.js";
import { rowReader, type FailingRow } from "./failing-row.js";
import type { ColumnProfile } from "./profile.js";
import type { SnapshotPorts } from "./snapshot.js";
import type { Source } from "./source.js";

/** What is needed to look at a source without keeping anything. */
export type ValidationPorts = Pick<SnapshotPorts, "engine" | "catalog" | "clock" | "progress" | "signal">;

/** How one expectation fared, with the first rows that broke it. */
export interface ValidatedExpectation extends ExpectationOutcome {
  readonly verdict: Verdict;
  /** The columns that it reads; empty for one about the whole dataset. */
  readonly columns: readonly string[];
  /** At most five, in the order of the file. */
  readonly examples: readonly FailingRow[];
}

/** How a source fared against all its expectations. Plain JSON. */
export interface Validation {
  readonly source: string;
  /** Rows of the source, and how many of them would be set aside. */
  readonly rowCount: number;
  readonly quarantinedCount: number;
  /** Whether every expectation of severity `quarantine` and `block` is ok, and rows are left. */
  readonly ok: boolean;
  readonly expectations: readonly ValidatedExpectation[];
}

export interface Validated {
  readonly validation: Validation;
  /** Every row that broke anything, warnings included, made as it is asked for. */
  readonly failingRows: () => Iterable<FailingRow>;
}

const exampleCount = 5;

/**
 * Judges all expectations of a source on the rows as they are now, and keeps nothing. What is broken is in
 * the result; thrown are MW0201 to MW0204, MW0211, and MW0105 when cancelled.
 */
export async function validateSource(source: Source, ports: ValidationPorts): Promise<Validated> {
  const { rows, examination } = await readAndExamine(source, { ports, profile: false });
  const { check, outcomes, keptCount } = examination;
  const values = rowReader(source.schema, rows);
  const failing = (row: number): FailingRow => ({ row, reasons: check.breachesOf(row), values: values(row) });
  const expectations = outcomes.map((outcome): ValidatedExpectation => {
    const examples: FailingRow[] = [];
    for (const row of check.failing(outcome.name)) {
      if (examples.length === exampleCount) break;
      examples.push(failing(row));
    }
    return { ...outcome, verdict: verdictOf(outcome), columns: check.columnsOf(outcome.name), examples };
  });
  const ok = keptCount > 0 && expectations.every((e) => e.severity === "warn" || e.verdict === "ok");
  return {
    validation: {
      source: source.name,
      rowCount: rows.table.rowCount,
      quarantinedCount: check.quarantined.length,
      ok,
      expectations,
    },
    failingRows: () => mapped(check.failing(), failing),
  };
}

function* mapped<From, To>(items: Iterable<From>, map: (item: From) => To): Generator<To> {
  for (const item of items) yield map(item);
}

/** A source's columns in figures, of the rows that are left after quarantine. Plain JSON. */
export interface SourceProfile {
  readonly source: string;
  readonly rowCount: number;
  readonly quarantinedCount: number;
  readonly columns: Readonly<Record<string, ColumnProfile>>;
}

/** Profiles a source as it is now, whatever expectations it breaks, and keeps nothing. Throws like {@link validateSource}. */
export async function profileSource(source: Source, ports: ValidationPorts): Promise<SourceProfile> {
  const { examination } = await readAndExamine(source, { ports, profile: true });
  const { check, keptCount, profile } = examination;
  return {
    source: source.name,
    rowCount: keptCount,
    quarantinedCount: check.quarantined.length,
    columns: profile,
  };
}

async function readAndExamine(
  source: Source,
  { ports, profile }: { readonly ports: ValidationPorts; readonly profile: boolean },
): Promise<{ readonly rows: ReadRows; readonly examination: Examination }> {
  const { engine, catalog, clock, signal } = ports;
  const verb = profile ? "profile" : "validate";
  const task = (ports.progress ?? silentProgress).start(`${verb} ${source.name}`, 2);
  const staged = await engine.stage(source.from, source.schema, signal);
  try {
    throwIfCancelled(signal);
    const table = await engine.readTable(staged.path, source.schema);
    throwIfCancelled(signal);
    task.update(1);
    const previous = await catalog.latest(source.name);
    const rows = { table, rejects: staged.rejects };
    const examination = examine(source, rows, { nowMs: clock.nowMs(), previous, profile });
    task.finish(`${table.rowCount.toLocaleString("en")} rows`);
    return { rows, examination };
  } finally {
    await engine.discard(staged.path);
  }
}
