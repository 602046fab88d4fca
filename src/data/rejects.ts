import type { Reject, RejectedRow } from "./ports.js";

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

/** Whether a whole row could not be read, and not a value of it. */
export const isRejectedRow = (reject: Reject): reject is RejectedRow => "text" in reject;

/** Where readable values of a row that has no columns show its text. */
const wholeLine = "(line)";

/** What takes the place of a row's values, by column. */
export function rejectedTexts(rejects: readonly Reject[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rejects.map((reject) =>
      isRejectedRow(reject) ? [wholeLine, reject.text] : [reject.column, reject.found],
    ),
  );
}
