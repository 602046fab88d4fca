import type { Reject } from "./ports.js";

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
