import type { DuckDBListVector, DuckDBVector } from "@duckdb/node-api";
import { freeNumbers } from "./free-numbers.js";

interface MatrixSpan {
  /** Elements of each list. */
  readonly width: number;
  /** The first row that is taken of what was fetched, how many, and where they come to stand. */
  readonly taken: number;
  readonly rows: number;
  readonly at: number;
}

/**
 * Fills rows of a row-major matrix with lists of floats without nulls, which `list_value` made: they lie one behind the
 * other in memory. A column for each float would cost an object and a copy each, and their sweeping most of all. The
 * lists are gone once the last of them is taken.
 */
export function fillMatrix(
  matrix: Float32Array,
  lists: DuckDBListVector,
  { width, taken, rows, at }: MatrixSpan,
): void {
  const begin = lists.getEntryOffset(taken);
  const floats = floatsOf(lists.childVector);
  matrix.set(floats.subarray(begin, begin + rows * width), at * width);
  if (taken + rows === lists.itemCount) freeNumbers([floats]);
}

/** As `stream-chunks.ts` has it: the elements of a vector have no public name, and are a tenth of the cost of their items. */
function floatsOf(vector: DuckDBVector): Float32Array | Float64Array {
  const elements: unknown = Reflect.get(vector, "items");
  if (elements instanceof Float32Array || elements instanceof Float64Array) return elements;
  return Float64Array.from({ length: vector.itemCount }, (_, i) => vector.getItem(i) as number);
}
