import type { Schema, Table } from "../kernel/index.js";
import { verdictOf, type DatasetVersion, type ExpectationOutcome } from "./dataset.js";
import { dataErrors } from "./errors.js";
import type { Reject } from "./ports.js";
import type { ColumnProfile } from "./profile.js";
import { positionsWithout } from "./rows.js";
import type { Source } from "./source.js";
import { checkTable, type TableCheck } from "./table-check.js";
import { judgeWhole } from "./whole-judgement.js";

/** The rows of a source, read. */
export interface ReadRows {
  readonly table: Table;
  /** Values that could not be read, in order of rows. */
  readonly rejects: readonly Reject[];
}

export interface ExamineOptions {
  readonly nowMs: number;
  readonly previous?: DatasetVersion | undefined;
  /** Whether to profile the rows that are left. */
  readonly profile: boolean;
}

/** How the rows of a source fared against all its expectations. */
export interface Examination {
  readonly check: TableCheck;
  /** Rows that are left after quarantine. */
  readonly keptCount: number;
  /** The implicit expectation "schema" first, then all others in their order. */
  readonly outcomes: readonly ExpectationOutcome[];
  /** Empty unless asked for. */
  readonly profile: Readonly<Record<string, ColumnProfile>>;
}

/** Judges every expectation of a source on its rows; throws nothing for what is broken. */
export function examine(
  source: Source,
  { table, rejects }: ReadRows,
  { nowMs, previous, profile }: ExamineOptions,
): Examination {
  const check = checkTable(source, table, rejects);
  const kept =
    check.quarantined.length === 0 ? undefined : positionsWithout(table.rowCount, check.quarantined);
  const whole = judgeWhole(table, kept, {
    source,
    nowMs,
    profile,
    ...(previous === undefined ? {} : { previous }),
  });
  const byName = new Map([...check.outcomes, ...whole.outcomes].map((outcome) => [outcome.name, outcome]));
  const order = ["schema", ...source.expectations.map(({ name }) => name)];
  return {
    check,
    keptCount: kept?.length ?? table.rowCount,
    outcomes: order.flatMap((name) => byName.get(name) ?? []),
    profile: inOrder(source.schema, whole.profile),
  };
}

const inOrder = (schema: Schema, profile: Readonly<Record<string, ColumnProfile>>) =>
  Object.fromEntries(
    Object.keys(schema)
      .filter((name) => Object.hasOwn(profile, name))
      .map((name) => [name, profile[name]]),
  );

/** Throws MW0205 or MW0210 when the rows must not become a dataset version. */
export function requireUsable(source: Source, { check, keptCount, outcomes }: Examination): void {
  for (const outcome of outcomes) {
    if (outcome.severity !== "block" || verdictOf(outcome) === "ok" || outcome.found !== undefined) continue;
    const [first] = check.failing(outcome.name);
    throw blocked(source.name, outcome.name, `${outcome.failed} rows that break it, first row ${first}`);
  }
  if (keptCount === 0) throw empty(source, check);
  requireUnblocked(source, outcomes);
}

/** Throws MW0205 for the first expectation of severity `block` that is not ok. */
export function requireUnblocked(source: Source, outcomes: readonly ExpectationOutcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.severity !== "block" || verdictOf(outcome) === "ok") continue;
    const verdict = verdictOf(outcome) === "insufficient" ? "too little data to tell: " : "";
    throw blocked(source.name, outcome.name, `${verdict}${outcome.found ?? `${outcome.failed} rows`}`);
  }
}

function empty({ name }: Source, check: TableCheck) {
  const { length } = check.quarantined;
  const reasons = length === 0 ? [] : check.breachesOf(check.quarantined[0]).filter(isQuarantine);
  return dataErrors.error("MW0210", {
    expected: `rows in source "${name}"`,
    found:
      reasons.length === 0
        ? "none"
        : `${length} rows, all quarantined; the first: ${reasons.map(({ reason }) => reason).join("; ")}`,
    remedy: "Check the file, the schema and the expectations against each other.",
  });
}

const isQuarantine = ({ severity }: { readonly severity: string }) => severity === "quarantine";

function blocked(source: string, expectation: string, found: string) {
  return dataErrors.error("MW0205", {
    expected: `the data of source "${source}" to meet "${expectation}"`,
    found,
    remedy: `Mend the data, or lower the severity of the expectation to "quarantine" or "warn"; millwright data validate ${source} shows everything that is broken.`,
    details: { source, expectation },
  });
}
