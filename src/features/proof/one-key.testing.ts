import { events, parquet } from "../../data/index.js";
import { t, tableOf, textColumn, type Value } from "../../kernel/index.js";
import type { WindowedFeature } from "../definition/aggregation.js";
import { keyCodes } from "../definition/entity-key.js";
import { eventTable } from "../definition/event-log.js";
import { featureCounts } from "../definition/feature-set.js";
import { columnsOut } from "../offline/fold-answers.testing.js";
import { fold, orderByTime, visibleByTime } from "../offline/fold.js";
import { view, type View, type WindowClock } from "../definition/view.js";

/** Few columns, all that aggregations need. */
const schema = {
  at: t.timestamp(),
  known: t.timestamp().optional(),
  key: t.string(),
  v: t.float().optional(),
  word: t.string().optional(),
};
export const source = events("things", {
  from: parquet("a.parquet"),
  schema,
  eventTime: "at",
  availableAt: (f) => f.known,
});
type F = (typeof source)["columns"];
/** The value and the word of the one entity "a". */
export type Event = readonly [at: number, known: number | null, v: number | null, word?: string | null];

export function viewOf(
  features: (f: F) => Record<string, WindowedFeature>,
  clock: WindowClock = "event",
): View {
  return view("things", { source, entity: { thing: "key" }, features, clock });
}

/** The answers at a time, numbers first, events being about one key. */
export async function ask(view: View, log: readonly Event[], timeMs: number): Promise<(number | string)[]> {
  const rows = log.map(([at, known, v, word = null]): Value[] => [at, known, "a", v, word]);
  const times = Float64Array.of(timeMs);
  const counts = featureCounts(view);
  const input = {
    events: visibleByTime(eventTable(source, tableOf(schema, rows))),
    questions: {
      keys: keyCodes([textColumn(["a"])]),
      timeMs: times,
      askedAt: times,
      order: orderByTime(times),
    },
    out: {
      numbers: Array.from({ length: counts.number }, () => new Float32Array(1)),
      texts: Array.from({ length: counts.text }, () => ({ codes: new Int32Array(1), dictionary: [] })),
    },
  };
  await fold(view, input);
  return columnsOut(input).map(([value]) => value);
}
