import {
  bindPositions,
  columnsRead,
  compileExpression,
  describeField,
  type Bind,
  type ExpressionNode,
  type FieldSpec,
  type Schema,
  type Value,
} from "../kernel/index.js";
import { schemaExpectation, type Severity, type SingleRowExpectation } from "./expectation.js";
import type { Source } from "./source.js";
import { compileValueRule } from "./value-rule.js";

/** One expectation that one row broke. */
export interface Breach {
  readonly expectation: string;
  readonly severity: Severity;
  /** For people: what was expected and what was found. */
  readonly reason: string;
}

/** The expectations about single rows, compiled; one meaning for datasets and for single events. */
export interface RowExpectations {
  /** Breaches of one event; `values` in the schema's order, as `compileRecord` returns them. */
  checkValues(values: readonly Value[]): readonly Breach[];
}

/** Compiles the schema and the expectations about single rows of a source into a check of events. */
export function compileRowExpectations(source: Source): RowExpectations {
  const checks = rowChecks(source).map((check) =>
    compileCheck(check, bindPositions(Object.keys(source.schema))),
  );
  return Object.freeze({
    checkValues: (values: readonly Value[]) =>
      checks.flatMap(({ expectation, severity, breaks, reason }) =>
        breaks(values) ? [{ expectation, severity, reason: reason(values) }] : [],
      ),
  });
}

/** What single rows are checked for: a predicate of one column's value, or an expression over several. */
export type RowCheck = {
  readonly expectation: string;
  readonly severity: Severity;
} & (
  | {
      readonly kind: "value";
      readonly column: string;
      readonly spec: FieldSpec;
      /** Whether it is the schema's own check, which unreadable values break too. */
      readonly schema: boolean;
      readonly admits: (value: Value) => boolean;
      readonly reason: (found: string) => string;
    }
  | { readonly kind: "expression"; readonly node: ExpressionNode; readonly columns: readonly string[] }
);

/** The checks of the schema, column by column, and then of the expectations about single rows in their order. */
export function rowChecks({ schema, expectations }: Source): readonly RowCheck[] {
  const ofSchema = Object.entries(schema).map(([column, spec]): RowCheck => ({
    kind: "value",
    expectation: schemaExpectation,
    severity: "quarantine",
    column,
    spec,
    schema: true,
    admits: admission(spec),
    reason: (found) => `${column}: expected ${describeField(spec)}, found ${found}`,
  }));
  const single = expectations.filter(
    (expectation): expectation is SingleRowExpectation =>
      expectation.kind === "row" || expectation.kind === "value",
  );
  return [...ofSchema, ...single.map((expectation) => ruleCheck(expectation, schema))];
}

function ruleCheck(expectation: SingleRowExpectation, schema: Schema): RowCheck {
  const { name, severity } = expectation;
  if (expectation.kind === "row") {
    const { node } = expectation;
    return { kind: "expression", expectation: name, severity, node, columns: columnsRead(node) };
  }
  const { column, rule } = expectation;
  const holds = compileValueRule(rule);
  return {
    kind: "value",
    expectation: name,
    severity,
    column,
    spec: schema[column],
    schema: false,
    admits: (value) => value === null || holds(value),
    reason: (found) => `${name}, found ${found}`,
  };
}

interface CompiledCheck<Row> {
  readonly expectation: string;
  readonly severity: Severity;
  readonly breaks: (row: Row) => boolean;
  readonly reason: (row: Row) => string;
}

function compileCheck<Row>(check: RowCheck, bind: Bind<Row>): CompiledCheck<Row> {
  const { expectation, severity } = check;
  if (check.kind === "expression") {
    const holds = compileExpression(check.node, bind);
    return { expectation, severity, breaks: (row) => holds(row) === 0, reason: () => expectation };
  }
  const read = bind(check.column);
  return {
    expectation,
    severity,
    breaks: (row) => !check.admits(read(row)),
    reason: (row) => check.reason(showValue(read(row), check.spec)),
  };
}

function admission({ kind, nullable, min = -Infinity, max = Infinity, values }: FieldSpec) {
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

const longestShown = 60;

/** A value in a few words: `"JFK"`, `12`, `2001-01-01T00:00:00.000Z`, `nothing`. */
export function showValue(value: Value, { kind }: Pick<FieldSpec, "kind">): string {
  if (value === null) return "nothing";
  if (typeof value === "string") {
    const text = JSON.stringify(value);
    return text.length > longestShown ? `${text.slice(0, longestShown - 3)}...` : text;
  }
  return kind === "timestamp" && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : String(value);
}
