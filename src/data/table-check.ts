import {
  bindTable,
  compileExpression,
  valueAt,
  type Column,
  type FieldSpec,
  type Table,
  type Value,
} from "../kernel/index.js";
import type { ExpectationOutcome } from "./dataset.js";
import { schemaExpectation, type SequenceExpectation, type Severity } from "./expectation.js";
import type { Reject } from "./ports.js";
import { rowChecks, showValue, type Breach, type RowCheck } from "./row-checks.js";
import { isRejectedRow } from "./rejects.js";
import { rowIndex } from "./row-index.js";
import { rowMarks, unionOf, type RowMarks } from "./row-marks.js";
import type { Source } from "./source.js";

/** What the expectations that name rows say about a table. */
export interface TableCheck {
  /** The implicit expectation "schema" first, then those that name rows in their order. */
  readonly outcomes: readonly ExpectationOutcome[];
  /** Rows that are set aside, ascending. */
  readonly quarantined: Int32Array;
  /** What a row broke: the schema, then rules on single rows, then those against earlier rows. */
  breachesOf(row: number): readonly Breach[];
  /** Rows that broke anything, ascending; of one expectation if named. */
  failing(expectation?: string): Iterable<number>;
  /** The columns that an expectation reads. */
  columnsOf(expectation: string): readonly string[];
}

/** A check of a table and the rows that broke it. */
interface Checked {
  readonly expectation: string;
  readonly severity: Severity;
  readonly columns: readonly string[];
  readonly broken: RowMarks;
  readonly reason: (row: number) => string;
}

/**
 * Checks all rows: column by column first, which names the rows that are set aside; then row by row what
 * refers to earlier rows, where a row that is set aside counts for nothing. Beside the table it takes a bit
 * for each row and broken expectation, and the index of each uniqueness.
 */
export function checkTable(source: Source, table: Table, rejects: readonly Reject[] = []): TableCheck {
  const single = rowChecks(source).map((check) => checkRows(check, table, rejects));
  const unread = checkWholeRows(rejects, table.rowCount);
  if (unread !== undefined) single.unshift(unread);
  const setAside = unionOf(
    single.filter(isQuarantine).map(({ broken }) => broken),
    table.rowCount,
  );
  const sequences = source.expectations
    .filter((e): e is SequenceExpectation => e.kind === "unique" || e.kind === "sorted")
    .map((expectation) => compileSequence(expectation, { source, table }));
  if (sequences.length > 0) followRows(sequences, table.rowCount, setAside);
  return summary(source, [...single, ...sequences], { setAside, rowCount: table.rowCount });
}

const isQuarantine = ({ severity }: Checked) => severity === "quarantine";

/** The rows that have no columns; undefined when all have. */
function checkWholeRows(rejects: readonly Reject[], rowCount: number): Checked | undefined {
  const rows = new Map(rejects.filter(isRejectedRow).map((reject) => [reject.row, reject]));
  if (rows.size === 0) return undefined;
  const broken = rowMarks(rowCount);
  for (const row of rows.keys()) broken.add(row);
  const reason = (row: number) => {
    const { reason = "", text = "" } = rows.get(row) ?? {};
    return `${reason}: ${showValue(text, { kind: "string" })}`;
  };
  return { expectation: schemaExpectation, severity: "quarantine", columns: [], broken, reason };
}

function checkRows(check: RowCheck, table: Table, rejects: readonly Reject[]): Checked {
  const { expectation, severity } = check;
  const broken = rowMarks(table.rowCount);
  if (check.kind === "expression") {
    const holds = compileExpression(check.node, bindTable(table));
    for (let row = 0; row < table.rowCount; row++) if (holds(row) === 0) broken.add(row);
    return { expectation, severity, columns: check.columns, broken, reason: () => expectation };
  }
  const column = table.columns[check.column];
  markValues(column, check.admits, broken);
  const unreadable = new Map<number, string>();
  if (check.schema) {
    for (const reject of rejects) {
      if (isRejectedRow(reject) || reject.column !== check.column) continue;
      unreadable.set(reject.row, reject.found);
      broken.add(reject.row);
    }
  }
  const found = (row: number) => {
    const text = unreadable.get(row);
    return text === undefined ? showValue(valueAt(column, row), check.spec) : JSON.stringify(text);
  };
  return {
    expectation,
    severity,
    columns: [check.column],
    broken,
    reason: (row) =>
      isTooLarge(check.spec, unreadable.get(row))
        ? `${check.column}: expected a whole number up to ${Number.MAX_SAFE_INTEGER}, found ${unreadable.get(row)}`
        : check.reason(found(row)),
  };
}

/** Whether a text is a whole number, but none that a column can hold exactly. */
const isTooLarge = ({ kind }: Pick<FieldSpec, "kind">, text = ""): boolean =>
  kind === "int" && /^[+-]?\d+(\.0*)?$/.test(text);

/** Texts are judged once each, not once for every row. */
function markValues(column: Column, admits: (value: Value) => boolean, broken: RowMarks): void {
  if (column.kind === "number") {
    const { values } = column;
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (!admits(Number.isNaN(value) ? null : value)) broken.add(row);
    }
    return;
  }
  const { codes, dictionary } = column;
  const bad = Uint8Array.from(dictionary, (text) => Number(!admits(text)));
  const nullIsBad = !admits(null);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code < 0 ? nullIsBad : bad[code] === 1) broken.add(row);
  }
}

/** A check against the rows before. */
interface Sequence extends Checked {
  /** Whether the row does not go with the kept rows before it. */
  breaks(row: number): boolean;
  /** Lets the row count for those after it. */
  keep(row: number): void;
}

function compileSequence(
  expectation: SequenceExpectation,
  { source, table }: { source: Source; table: Table },
): Sequence {
  const { name, severity } = expectation;
  const broken = rowMarks(table.rowCount);
  if (expectation.kind === "unique") {
    const { columns } = expectation;
    const index = rowIndex(
      columns.map((column) => table.columns[column]),
      table.rowCount,
    );
    const shown = (row: number) =>
      columns
        .map((column) => showValue(valueAt(table.columns[column], row), source.schema[column]))
        .join(", ");
    return {
      ...{ expectation: name, severity, columns, broken },
      breaks: (row) => index.holder(row) >= 0,
      keep: (row) => index.hold(row),
      reason: (row) => `${name}: ${shown(row)} stands in row ${index.holder(row)} already`,
    };
  }
  const { column } = expectation;
  const cells = table.columns[column];
  const values = cells.kind === "number" ? cells.values : new Float64Array(table.rowCount).fill(NaN);
  let greatest = -Infinity;
  return {
    ...{ expectation: name, severity, columns: [column], broken },
    breaks: (row) => values[row] < greatest,
    keep(row) {
      if (values[row] > greatest) greatest = values[row];
    },
    reason: (row) =>
      `${name}, found ${showValue(valueAt(cells, row), source.schema[column])} after a greater value`,
  };
}

/** Judges rows in the order of the file; only rows that are kept count for later ones. */
function followRows(sequences: readonly Sequence[], rowCount: number, setAside: RowMarks): void {
  for (let row = 0; row < rowCount; row++) {
    if (setAside.has(row)) continue;
    let kept = true;
    for (const sequence of sequences) {
      if (!sequence.breaks(row)) continue;
      sequence.broken.add(row);
      if (sequence.severity === "quarantine") kept = false;
    }
    if (kept) for (const sequence of sequences) sequence.keep(row);
    else setAside.add(row);
  }
}

function summary(
  source: Source,
  checked: readonly Checked[],
  { setAside, rowCount }: { setAside: RowMarks; rowCount: number },
): TableCheck {
  const byName = new Map<string, Checked[]>();
  for (const check of checked)
    byName.set(check.expectation, [...(byName.get(check.expectation) ?? []), check]);
  const brokenBy = new Map(
    [...byName].map(([name, same]) => [
      name,
      unionOf(
        same.map((c) => c.broken),
        rowCount,
      ),
    ]),
  );
  const order = [...byName.keys()].sort((a, b) => positionOf(source, a) - positionOf(source, b));
  const reasonsOf = (row: number) => {
    const broke = checked.filter(({ broken }) => broken.has(row));
    // Nothing more can be said of a row that has no columns.
    return broke[0]?.columns.length === 0 ? broke.slice(0, 1) : broke;
  };
  return {
    outcomes: order.map((name) => ({
      name,
      severity: byName.get(name)?.[0].severity ?? "warn",
      failed: brokenBy.get(name)?.count ?? 0,
    })),
    quarantined: Int32Array.from(setAside.rows()),
    breachesOf: (row) =>
      reasonsOf(row).map(({ expectation, severity, reason }) => ({
        ...{ expectation, severity, reason: reason(row) },
      })),
    failing: (name) =>
      (name === undefined ? unionOf(brokenBy.values(), rowCount) : brokenBy.get(name))?.rows() ?? [],
    columnsOf: (name) => [...new Set(byName.get(name)?.flatMap(({ columns }) => columns))],
  };
}

/** The implicit schema comes first. */
const positionOf = (source: Source, name: string) =>
  source.expectations.findIndex((expectation) => expectation.name === name);
