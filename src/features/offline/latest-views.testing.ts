import fc from "fast-check";
import type { NumberStream } from "../../data/index.js";
import type { Table } from "../../kernel/index.js";
import { keyCodes } from "../definition/entity-key.js";
import type { Asked } from "./fold-answers.testing.js";
import type { Fold, ViewFold } from "./fold.js";
import { columnChoice, featureChoice, type FeatureChoice } from "../proof/random-features.testing.js";
import { anchoredRows, plainKeys, received, times } from "../proof/random-rows.testing.js";
import { availabilityCount, sourceWith, type RandomSource } from "../definition/random-views.testing.js";
import type { View } from "../definition/view.js";

/** A fold of one view and one lookup, as a build has it. */
export function wholeFold(folded: View, { events, questions, out }: Fold): ViewFold {
  const eventKeys = keyCodes(folded.keyColumns.map((name) => events.table.columns[name]));
  return { view: folded, events, eventKeys, asked: questions, lookups: [{ keys: questions.keys, out }] };
}

/** A table as a stream of its numbers, so many rows at a time, by turns; what was asked for, and how much is open. */
export function streamOf(table: Table, sizes: readonly number[]) {
  const streamed: (readonly string[])[] = [];
  let open = 0;
  function stream(columns: readonly string[]): Promise<NumberStream> {
    streamed.push(columns);
    open++;
    let [at, turn] = [0, 0];
    return Promise.resolve({
      next() {
        if (at >= table.rowCount) return Promise.resolve(undefined);
        const to = Math.min(table.rowCount, at + sizes[turn++ % sizes.length]);
        const from = at;
        at = to;
        const read = columns.map((name) => numbersOf(table, name));
        const rows = Array.from({ length: to - from }, (_, i) => read.map((values) => values[from + i]));
        return Promise.resolve(Float64Array.from(rows.flat()));
      },
      close() {
        open--;
        return Promise.resolve();
      },
    });
  }
  return { stream, streamed, open: () => open };
}

function numbersOf({ columns }: Table, name: string): Float64Array {
  const column = columns[name];
  if (column.kind === "number") return column.values;
  throw new TypeError(`"${name}" is a column of texts`);
}

const askLatest = (choice: fc.Arbitrary<FeatureChoice>): fc.Arbitrary<RandomSource> =>
  fc
    .record({
      availability: fc.nat(availabilityCount - 1),
      clock: fc.constantFrom("event" as const, "available" as const),
      choices: fc.array(
        fc
          .tuple(choice, fc.constantFrom("last" as const, "since" as const))
          .map(([one, kind]) => ({ ...one, kind })),
        { minLength: 1, maxLength: 6 },
      ),
      keyColumns: fc.constantFrom(["place"] as const, ["number"] as const, ["place", "number"] as const),
    })
    .map(({ availability, clock, choices, keyColumns }) =>
      sourceWith({ keyColumns: [...keyColumns] as ["place"] }, [{ clock, choices }], availability),
    );

/** Views that ask for the latest event alone. */
export const latestViews = askLatest(
  fc
    .tuple(featureChoice, fc.constantFrom("value" as const, "condition" as const))
    .map(([choice, of]) => ({ ...choice, of })),
);

/** Those of them that take columns as they are. */
export const columnViews = askLatest(columnChoice);

/** Events and questions, many of them at the edges of events and windows. */
export const scenario: fc.Arbitrary<Asked> = anchoredRows().chain(({ anchorMs, rows }) => {
  const atEdge = fc
    .record({
      row: fc.nat(Math.max(0, rows.length - 1)),
      minutes: fc.constantFrom(0, 1, 7, 30, 60, 180, 1_500, 17_280),
      offsetMs: fc.constantFrom(-1, 0, 1),
    })
    .map(({ row, minutes, offsetMs }) => (rows.length > 0 ? rows[row].at : 0) + minutes * 60_000 + offsetMs);
  const question = fc.record({
    place: fc.option(fc.oneof(plainKeys.place, fc.constant("unknown")), { nil: null, freq: 10 }),
    number: fc.option(fc.oneof(plainKeys.number, fc.constant(99)), { nil: null, freq: 10 }),
    kind: fc.constant(null),
    timeMs: fc.oneof(times(anchorMs), atEdge),
  });
  return fc.record({
    log: fc.tuple(...rows.map(received)),
    questions: fc.array(question, { maxLength: 30 }),
  });
});
