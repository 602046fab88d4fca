import type {
  BoolExpression,
  Expression,
  FieldKind,
  NumberExpression,
  TimeExpression,
} from "../kernel/index.js";
import { dataErrors } from "./errors.js";

/** A column of the source: `f.delay`, which the compiler checks, or its name, which `events()` checks. */
export type ColumnRef = Expression | string;

/** The kinds of field that a column may have, as far as the compiler knows. */
export type KindOf<C extends ColumnRef> = C extends NumberExpression
  ? "int" | "float"
  : C extends TimeExpression
    ? "timestamp"
    : C extends BoolExpression
      ? "bool"
      : C extends string
        ? FieldKind
        : "string";

/** The name of a column. Throws MW0213 for a value that is computed. */
export function columnName(column: ColumnRef, where: string): string {
  if (typeof column === "string" && column !== "") return column;
  const node = typeof column === "object" ? column?.node : undefined;
  if (node?.op === "column") return node.name;
  throw dataErrors.error("MW0213", {
    expected: `a column in ${where}, as f.delay or "delay"`,
    found: node === undefined ? (JSON.stringify(column) ?? typeof column) : "a computed value",
    remedy: "Rules about computed values are written with expectRow().",
  });
}
