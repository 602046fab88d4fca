import { expressionJson, type BoolExpression, type Canonical, type ExpressionNode } from "../kernel/index.js";
import { dataErrors } from "./errors.js";
import { rejectUnknownKeys } from "./options.js";

/** What follows from a broken expectation: a note, the row set aside, or nothing goes on. */
export type Severity = "warn" | "quarantine" | "block";

/** A rule that every row must meet. It holds unless the expression is false: null passes. */
export interface RowExpectation {
  readonly kind: "row";
  readonly name: string;
  readonly severity: Severity;
  readonly node: ExpressionNode;
}

/** A rule on the number of rows that are left after quarantine. */
export interface RowCountExpectation {
  readonly kind: "rows";
  readonly name: string;
  readonly severity: Exclude<Severity, "quarantine">;
  readonly atLeast: number;
  readonly atMost?: number;
}

export type Expectation = RowExpectation | RowCountExpectation;

/**
 * Expects something of every row. The rule holds if its expression is not false, so a row whose columns
 * are null passes; that a column is never null is the schema's to say.
 *
 * ```ts
 * expectRow("delay is plausible", f.delay.gt(-180), "quarantine")
 * ```
 *
 * Throws MW0206.
 */
export function expectRow(name: string, rule: BoolExpression, severity: Severity): RowExpectation {
  if (typeof name !== "string" || name === "" || name === schemaExpectation) {
    throw bad(`a name for the expectation, other than "${schemaExpectation}"`, name);
  }
  if (rule?.type !== "bool") throw bad(`an expression that is true or false in expectation "${name}"`, rule);
  checkSeverity(severity, ["warn", "quarantine", "block"]);
  return Object.freeze({ kind: "row", name, severity, node: rule.node });
}

/** Expects a number of rows after quarantine, both bounds inclusive. Throws MW0206, MW0207. */
export function expectRows(
  bounds: { readonly atLeast: number; readonly atMost?: number },
  severity: RowCountExpectation["severity"],
): RowCountExpectation {
  rejectUnknownKeys(bounds, ["atLeast", "atMost"], "bounds of expectRows()");
  const { atLeast, atMost } = bounds;
  if (!Number.isSafeInteger(atLeast) || atLeast < 0) throw bad("a whole number for atLeast", atLeast);
  if (atMost !== undefined && !(Number.isSafeInteger(atMost) && atMost >= atLeast)) {
    throw bad("a whole number for atMost, not below atLeast", atMost);
  }
  checkSeverity(severity, ["warn", "block"]);
  const name = atMost === undefined ? `at least ${atLeast} rows` : `${atLeast} to ${atMost} rows`;
  return Object.freeze({
    kind: "rows",
    name,
    severity,
    atLeast,
    ...(atMost === undefined ? {} : { atMost }),
  });
}

/** The name of the implicit expectation that values are as the schema says. */
export const schemaExpectation = "schema";

/** The plain, hashable form of an expectation. */
export function expectationJson(expectation: Expectation): Canonical {
  if (expectation.kind === "rows") return { ...expectation };
  const { node, ...plain } = expectation;
  return { ...plain, rule: expressionJson(node) };
}

function checkSeverity(severity: string, valid: readonly string[]): void {
  if (!valid.includes(severity)) throw bad(`one of the severities ${valid.join(", ")}`, severity);
}

function bad(expected: string, found: unknown) {
  return dataErrors.error("MW0206", {
    expected,
    found: JSON.stringify(found) ?? "nothing",
    remedy: "Mend the source's expectations in the configuration.",
  });
}
