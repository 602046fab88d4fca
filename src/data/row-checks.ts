import {
  bindPositions,
  bindTable,
  compileExpression,
  describeField,
  type Bind,
  type FieldSpec,
  type Table,
  type Value,
} from "../kernel/index.js";
import type { ExpectationOutcome } from "./dataset.js";
import { schemaExpectation, type RowExpectation, type Severity } from "./expectation.js";
import type { Reject } from "./ports.js";
import type { Source } from "./source.js";

/** One expectation that one row broke. */
export interface Breach {
  readonly expectation: string;
  readonly severity: Severity;
  /** For people: what was expected and what was found. */
  readonly reason: string;
}

/** A row that is set aside, and why. */
export interface QuarantinedRow {
  readonly row: number;
  readonly reasons: readonly string[];
}

export interface TableCheck {
  /** The implicit expectation "schema" first, then the row expectations in their order. */
  readonly outcomes: readonly ExpectationOutcome[];
  /** The first breach of each expectation that was broken, by name. */
  readonly examples: ReadonlyMap<string, Breach & { readonly row: number }>;
  /** In order of rows. */
  readonly quarantined: readonly QuarantinedRow[];
}

/** The row expectations of a source, compiled; one meaning for datasets and for single events. */
export interface RowExpectations {
  /** Breaches of one event; `values` in the schema's order, as `compileRecord` returns them. */
  checkValues(values: readonly Value[]): readonly Breach[];
  /** Checks all rows; a rejected value counts as a breach of the schema. */
  checkTable(table: Table, rejects?: readonly Reject[]): TableCheck;
}

/** Compiles the schema and the row expectations of a source into checks. */
export function compileRowExpectations(source: Source): RowExpectations {
  const names = Object.keys(source.schema);
  const checkOne = compileChecks(source, bindPositions(names));
  return Object.freeze({
    checkValues: (values: readonly Value[]) =>
      checkOne.flatMap((check) => {
        const reason = check.breach(values);
        return reason === undefined
          ? []
          : [{ expectation: check.expectation, severity: check.severity, reason }];
      }),
    checkTable: (table: Table, rejects: readonly Reject[] = []) => checkTable(source, table, rejects),
  });
}

interface Check<Row> {
  readonly expectation: string;
  readonly severity: Severity;
  /** The column that a schema check is about. */
  readonly column?: string;
  /** The reason why the row breaks the expectation, if it does. */
  readonly breach: (row: Row) => string | undefined;
}

function compileChecks<Row>(source: Source, bind: Bind<Row>): Check<Row>[] {
  const schemaChecks = Object.entries(source.schema).map(([column, spec]): Check<Row> => {
    const read = bind(column);
    const admits = compileField(spec);
    return {
      expectation: schemaExpectation,
      severity: "quarantine",
      column,
      breach(row) {
        const value = read(row);
        return admits(value) ? undefined : schemaReason(column, spec, show(value, spec));
      },
    };
  });
  const rules = source.expectations.filter(
    (expectation): expectation is RowExpectation => expectation.kind === "row",
  );
  const ruleChecks = rules.map(({ name, severity, node }): Check<Row> => {
    const holds = compileExpression(node, bind);
    return { expectation: name, severity, breach: (row) => (holds(row) === 0 ? name : undefined) };
  });
  return [...schemaChecks, ...ruleChecks];
}

function compileField({ kind, nullable, min = -Infinity, max = Infinity, values }: FieldSpec) {
  const admitted = values === undefined ? undefined : new Set<Value>(values);
  const rightType = {
    int: Number.isSafeInteger,
    timestamp: Number.isSafeInteger,
    float: Number.isFinite,
    bool: (value: unknown) => value === 0 || value === 1,
    string: (value: unknown) => typeof value === "string",
  }[kind];
  return (value: Value): boolean => {
    if (value === null) return nullable;
    if (!rightType(value)) return false;
    return typeof value === "string" ? (admitted?.has(value) ?? true) : value >= min && value <= max;
  };
}

const schemaReason = (column: string, spec: FieldSpec, found: string) =>
  `${column}: expected ${describeField(spec)}, found ${found}`;

function show(value: Value, { kind }: FieldSpec): string {
  if (value === null) return "nothing";
  if (typeof value === "string") return JSON.stringify(value);
  return kind === "timestamp" && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : String(value);
}

function checkTable(source: Source, table: Table, rejects: readonly Reject[]): TableCheck {
  const checks = compileChecks(source, bindTable(table));
  const broken = new Broken(checks);
  const rejectedByRow = rejectsByRow(rejects);
  for (let row = 0; row < table.rowCount; row++) {
    const rejected = rejectedByRow.size === 0 ? undefined : rejectedByRow.get(row);
    for (const check of checks) {
      const reject =
        check.column === undefined ? undefined : rejected?.find(({ column }) => column === check.column);
      const reason =
        reject === undefined
          ? check.breach(row)
          : schemaReason(reject.column, source.schema[reject.column], JSON.stringify(reject.found));
      if (reason !== undefined) broken.add(row, check, reason);
    }
  }
  return broken.summary();
}

/** The rejected values of each row that has any. */
export function rejectsByRow(rejects: readonly Reject[]): ReadonlyMap<number, readonly Reject[]> {
  const byRow = new Map<number, Reject[]>();
  for (const reject of rejects) {
    const others = byRow.get(reject.row);
    if (others === undefined) byRow.set(reject.row, [reject]);
    else others.push(reject);
  }
  return byRow;
}

/** Collects breaches in order of rows. A row that breaks several checks of one expectation counts once. */
class Broken {
  private readonly failed = new Map<string, { severity: Severity; failed: number; lastRow: number }>();
  private readonly examples = new Map<string, Breach & { row: number }>();
  private readonly quarantined: { row: number; reasons: string[] }[] = [];

  constructor(checks: readonly Check<number>[]) {
    for (const { expectation, severity } of checks)
      this.failed.set(expectation, { severity, failed: 0, lastRow: -1 });
  }

  add(row: number, { expectation, severity }: Check<number>, reason: string): void {
    const entry = this.failed.get(expectation);
    if (entry !== undefined && entry.lastRow !== row) {
      entry.failed++;
      entry.lastRow = row;
    }
    if (!this.examples.has(expectation))
      this.examples.set(expectation, { row, expectation, severity, reason });
    if (severity !== "quarantine") return;
    const last = this.quarantined.at(-1);
    if (last?.row === row) last.reasons.push(reason);
    else this.quarantined.push({ row, reasons: [reason] });
  }

  summary(): TableCheck {
    const outcomes = [...this.failed].map(([name, { severity, failed }]) => ({ name, severity, failed }));
    return { outcomes, examples: this.examples, quarantined: this.quarantined };
  }
}
