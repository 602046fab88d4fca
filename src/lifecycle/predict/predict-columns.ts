import type { FileColumn } from "../../data/index.js";
import { didYouMean } from "../../kernel/index.js";
import { predictErrors } from "./predict-errors.js";

/** MW1170: the file lacks a column. */
export function missingColumn(name: string, columns: readonly FileColumn[]) {
  const names = columns.map((column) => column.name);
  return predictErrors.error("MW1170", {
    expected: `a column "${name}" in the file`,
    found: names.length > 20 ? `${names.length} others` : `the columns ${names.join(", ")}`,
    remedy: didYouMean(name, names),
    details: { column: name },
  });
}

/** The columns that are carried to the output: those asked for, or all. Throws MW1170. */
export function carriedColumns(
  columns: readonly FileColumn[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const names = columns.map(({ name }) => name);
  const missing = wanted?.find((name) => !names.includes(name));
  if (missing !== undefined) throw missingColumn(missing, columns);
  return wanted === undefined ? names : [...new Set(wanted)];
}

/** Throws MW1170 where two columns of an output would have one name; Parquet's readers do not tell case apart. */
export function requireDifferent(carried: readonly string[], computed: readonly string[]): void {
  const taken = new Set(carried.map((name) => name.toLowerCase()));
  for (const name of computed) {
    if (taken.has(name.toLowerCase())) throw clash(name, carried);
    taken.add(name.toLowerCase());
  }
}

function clash(name: string, carried: readonly string[]) {
  const others = carried.filter((column) => column.toLowerCase() !== name.toLowerCase());
  return predictErrors.error("MW1170", {
    expected: "columns of the output whose names differ by more than case",
    found: `"${name}" twice, and it is a prediction`,
    remedy: `Rename the column in the file, or choose what is carried with --columns ${others.slice(0, 3).join(",")}.`,
    details: { column: name },
  });
}
