import { t, type Column, type FieldSpec, type Schema } from "../kernel/index.js";
import type { Examples, Feature } from "../learning/index.js";
import type { PythonTable } from "./ports.js";
import { pythonTrainerErrors } from "./python-trainer-errors.js";

const targetColumn = "__target__";
const weightColumn = "__weight__";
const groupColumn = "__group__";

/**
 * Examples as Python is handed them: every feature by its name in the examples' order (numbers as 64-bit
 * floats that hold a float32, null where missing; texts, null where missing), then `__target__` unless
 * nothing is known, `__weight__` if there are weights, `__group__` of a ranking. Throws MW0517.
 */
export function pythonTable(examples: Examples): PythonTable {
  const schema: Record<string, FieldSpec> = {};
  const columns: Record<string, Column> = {};
  for (const feature of examples.features) {
    checkName(feature.name);
    schema[feature.name] = feature.kind === "number" ? t.float().optional() : t.string().optional();
    columns[feature.name] = featureColumn(feature);
  }
  for (const [name, values] of Object.entries(ownColumns(examples))) {
    schema[name] = t.float();
    columns[name] = { kind: "number", values: Float64Array.from(values) };
  }
  const frozen: Schema = Object.freeze(schema);
  return Object.freeze({ table: { rowCount: examples.rowCount, columns }, schema: frozen });
}

function featureColumn(feature: Feature): Column {
  return feature.kind === "number"
    ? { kind: "number", values: Float64Array.from(feature.values) }
    : { kind: "text", codes: feature.codes, dictionary: feature.dictionary };
}

function ownColumns({ target, weights }: Examples): Readonly<Record<string, ArrayLike<number>>> {
  const weight = weights === undefined ? {} : { [weightColumn]: weights };
  switch (target.kind) {
    case "binary":
    case "multiclass":
      return { [targetColumn]: target.labels, ...weight };
    case "regression":
      return { [targetColumn]: target.values, ...weight };
    case "ranking":
      return { [targetColumn]: target.relevance, [groupColumn]: target.groups, ...weight };
    case "anomaly":
      return weight;
  }
}

/** Names of columns do not tell upper from lower case. */
function checkName(name: string): void {
  if (![targetColumn, weightColumn, groupColumn].includes(name.toLowerCase())) return;
  throw pythonTrainerErrors.error("MW0517", {
    expected: `features other than ${targetColumn}, ${weightColumn} and ${groupColumn}`,
    found: `a feature "${name}"`,
    remedy: "Rename the feature.",
    details: { feature: name },
  });
}
