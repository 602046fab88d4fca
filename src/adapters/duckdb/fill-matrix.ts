import type { DuckDBDataChunk } from "@duckdb/node-api";

interface MatrixSpan {
  /** The columns of the result, in the order of the matrix. */
  readonly positions: readonly number[];
  /** The first row that is taken of what was fetched, how many, and where they come to stand. */
  readonly taken: number;
  readonly rows: number;
  readonly at: number;
}

type Floats = Float32Array | Float64Array;

/** Columns that are walked through together: each line of the matrix comes into the cache so much more seldom. */
const together = 8;

/** Fills rows of a row-major matrix with columns of floats without nulls. */
export function fillMatrix(
  matrix: Float32Array,
  fetched: DuckDBDataChunk,
  { positions, taken, rows, at }: MatrixSpan,
): void {
  const width = positions.length;
  const columns = positions.map((position) => floatsOf(fetched, position).subarray(taken, taken + rows));
  const begin = at * width;
  let column = 0;
  for (; column + together <= width; column += together)
    fillEight(matrix, columns.slice(column, column + together), { begin: begin + column, width });
  for (; column < width; column++) {
    const values = columns[column];
    for (let row = 0, to = begin + column; row < rows; row++, to += width) matrix[to] = values[row];
  }
}

/** As `read-table.ts` has it: the elements of a vector have no public name, and are a tenth of the cost of their items. */
function floatsOf(fetched: DuckDBDataChunk, position: number): Floats {
  const vector = fetched.getColumnVector(position);
  const elements: unknown = Reflect.get(vector, "items");
  if (elements instanceof Float32Array || elements instanceof Float64Array) return elements;
  return Float64Array.from({ length: vector.itemCount }, (_, row) => vector.getItem(row) as number);
}

function fillEight(
  matrix: Float32Array,
  [a, b, c, d, e, f, g, h]: readonly Floats[],
  { begin, width }: { readonly begin: number; readonly width: number },
): void {
  for (let row = 0, to = begin; row < a.length; row++, to += width) {
    matrix[to] = a[row];
    matrix[to + 1] = b[row];
    matrix[to + 2] = c[row];
    matrix[to + 3] = d[row];
    matrix[to + 4] = e[row];
    matrix[to + 5] = f[row];
    matrix[to + 6] = g[row];
    matrix[to + 7] = h[row];
  }
}
