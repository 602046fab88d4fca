import { tableOf } from "../../kernel/index.js";
import { keyCodes } from "../definition/entity-key.js";
import { eventTable } from "../definition/event-log.js";
import { featureCounts } from "../definition/feature-set.js";
import { fold, orderByTime, visibleByTime, type Fold, type FoldContext } from "./fold.js";
import { naiveAnswer } from "../proof/naive-features.testing.js";
import { schema, valuesOf, type LoggedRow } from "../proof/random-rows.testing.js";
import { byKind, type Question, type RandomSource } from "../definition/random-views.testing.js";
import type { View } from "../definition/view.js";

export interface Asked {
  readonly log: readonly LoggedRow[];
  readonly questions: readonly Question[];
}

/** A number that no question is answered with. */
const untouched = Infinity;

const untouchedCode = -2;

/** The input and output of a fold over logged rows, nothing answered yet. */
export function foldInput(view: View, { log, questions }: Asked): Fold {
  const table = tableOf(
    schema,
    log.map(({ row }) => valuesOf(row)),
  );
  const received = Float64Array.from(log, ({ receivedMs }) => receivedMs ?? NaN);
  const asked = tableOf(
    schema,
    questions.map(({ timeMs, ...key }) =>
      valuesOf({ ...key, at: timeMs, lag: null, delay: null, amount: null, late: null }),
    ),
  );
  const timeMs = Float64Array.from(questions, (question) => question.timeMs);
  const counts = featureCounts(view);
  return {
    events: visibleByTime(eventTable(view.source, table, received)),
    questions: {
      keys: keyCodes(view.keyColumns.map((name) => asked.columns[name])),
      timeMs,
      askedAt: timeMs,
      order: orderByTime(timeMs),
    },
    out: {
      numbers: Array.from({ length: counts.number }, () =>
        new Float32Array(questions.length).fill(untouched),
      ),
      texts: Array.from({ length: counts.text }, () => ({
        codes: new Int32Array(questions.length).fill(untouchedCode),
        dictionary: [],
      })),
    },
  };
}

/** The answers by feature, in the order of a vector; a text that was not answered is undefined. */
export function columnsOut({ out }: Fold): (number | string)[][] {
  const texts = out.texts.map(({ codes, dictionary }) =>
    Array.from(codes, (code) => (code === -1 ? "" : dictionary[code])),
  );
  return [...out.numbers.map((column) => [...column]), ...texts];
}

/** Folds, and gives the answers by feature, in the order of a vector. */
export async function foldAnswers(
  view: View,
  asked: Asked,
  context?: FoldContext,
): Promise<(number | string)[][]> {
  const input = foldInput(view, asked);
  await fold(view, input, context);
  return columnsOut(input);
}

/** What the oracle answers, for each view of a source: by feature, in the order of a vector. */
export function oracleAnswers(
  { views, naiveEvents, naiveQuestion }: RandomSource,
  { log, questions }: Asked,
): (number | string)[][][] {
  const events = naiveEvents(log);
  return views.map(({ clock, features }) =>
    byKind(features).map((feature) =>
      questions.map((question) => naiveAnswer({ clock, feature }, events, naiveQuestion(question))),
    ),
  );
}
