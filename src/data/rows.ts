import type { Column, Table } from "../kernel/index.js";

/** The rows of a table at the given positions, in that order. Dictionaries are shared, not shrunk. */
export function takeRows(table: Table, positions: Int32Array): Table {
  const take = (column: Column): Column => {
    if (column.kind === "number") {
      const values = new Float64Array(positions.length);
      for (let i = 0; i < positions.length; i++) values[i] = column.values[positions[i]];
      return { kind: "number", values };
    }
    const codes = new Int32Array(positions.length);
    for (let i = 0; i < positions.length; i++) codes[i] = column.codes[positions[i]];
    return { ...column, codes };
  };
  const columns = Object.fromEntries(
    Object.entries(table.columns).map(([name, column]) => [name, take(column)]),
  );
  return { rowCount: positions.length, columns };
}

/** The positions from 0 to `rowCount` that are not excluded; `excluded` is ascending. */
export function positionsWithout(rowCount: number, excluded: ArrayLike<number>): Int32Array {
  const positions = new Int32Array(rowCount - excluded.length);
  let next = 0;
  for (let row = 0, at = 0; row < rowCount; row++) {
    if (excluded[next] === row) next++;
    else positions[at++] = row;
  }
  return positions;
}
