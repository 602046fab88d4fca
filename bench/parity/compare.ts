import { foldInput, columnsOut } from "../../src/features/offline/fold-answers.testing.js";
import { fold, orderByTime } from "../../src/features/offline/fold.js";
import { naiveAnswer, type NaiveKind } from "../../src/features/proof/naive-features.testing.js";
import { byKind } from "../../src/features/definition/random-views.testing.js";
import type { SeenLog } from "../../src/features/ports.js";
import type { Telling, Told } from "./told.js";
import type { World } from "./world.js";

/** The name under which a state writes what it was told. */
export const partition = "parity";

/** One windowed feature of every answer. */
interface Column {
  readonly kind: NaiveKind;
  readonly answers: readonly (number | string)[];
  /** Answers of the definition in plain loops, for some of the questions. */
  readonly oracle: ReadonlyMap<number, number | string>;
}

const nothingSeen: SeenLog = { sequence: 0, beforeMs: -Infinity };

/** What a lookup rests on, by answer. A lookup of no entity rests on nothing; here, on what the one before did. */
function seenBy(told: readonly Told[], lookup: number, source: string): SeenLog[] {
  let seen = nothingSeen;
  return told.map(({ seen: { lookups, sequences, asOfMs } }) => {
    if (lookups === undefined) return { sequence: sequences[source] ?? 0, beforeMs: asOfMs };
    return (seen = lookups[lookup][partition] ?? seen);
  });
}

/** First index from which a condition that stays true is true. */
function firstWhere(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What a fold of the log says to every question, in the order of a vector; and the oracle to some of them. */
export async function expectedColumns(
  { sources }: World,
  { told, added }: Telling,
  oracleEvery: number,
): Promise<Column[]> {
  const numbers: Column[] = [];
  const texts: Column[] = [];
  let lookup = 0;
  for (const [s, source] of sources.entries()) {
    const log = added[s].map(({ logged }) => logged);
    const naive = source.naiveEvents(log);
    for (const { view, clock, features } of source.views) {
      const seen = seenBy(told, lookup, source.source.name);
      lookup++;
      const questions = told.map((answer) => ({ ...answer.question, timeMs: answer.seen.asOfMs }));
      const input = foldInput(view, { log, questions });
      const { availableMs } = input.events;
      // Both only grow, so an event that one answer rests on, all later ones rest on.
      const visibleFrom = Float64Array.from(added[s], ({ sequence }, e) => {
        const first = firstWhere(
          seen.length,
          (i) => seen[i].sequence >= sequence && availableMs[e] < seen[i].beforeMs,
        );
        return first === seen.length ? NaN : first - 0.5;
      });
      const askedAt = Float64Array.from(told, (_, i) => i);
      await fold(view, {
        ...input,
        events: { ...input.events, visibleFrom, order: orderByTime(visibleFrom) },
        questions: { ...input.questions, askedAt, order: orderByTime(askedAt) },
      });
      const columns = columnsOut(input);
      byKind(features).forEach((feature, f) => {
        const oracle = new Map<number, number | string>();
        for (let i = lookup % oracleEvery; i < told.length; i += oracleEvery) {
          const known = naive.filter((_, e) => visibleFrom[e] < i);
          const question = source.naiveQuestion(questions[i]);
          oracle.set(i, naiveAnswer({ clock, feature }, known, question));
        }
        const column = { kind: feature.kind, answers: columns[f], oracle };
        (feature.text === true ? texts : numbers).push(column);
      });
    }
  }
  return [...numbers, ...texts];
}

/** Reads and mismatches of one aggregation in one store. */
export interface Tally {
  reads: number;
  /** Reads whose answer is neither null nor 0: their window holds something. */
  present: number;
  mismatches: number;
  oracleReads: number;
}

/** Compares bit by bit. A mismatch is described to `report`. */
export function compare(
  told: readonly Told[],
  columns: readonly Column[],
  { tallyOf, report }: { tallyOf: (kind: NaiveKind) => Tally; report: (mismatch: string) => void },
): void {
  columns.forEach(({ kind, answers, oracle }, at) => {
    const tally = tallyOf(kind);
    told.forEach(({ numbers, texts, question, seen }, i) => {
      const answer = at < numbers.length ? numbers[at] : texts[at - numbers.length];
      tally.reads++;
      if (answer !== 0 && answer !== "" && !Number.isNaN(answer)) tally.present++;
      const right = Object.is(answer, answers[i]);
      const checked = oracle.get(i);
      if (checked !== undefined) tally.oracleReads++;
      if (right && (checked === undefined || Object.is(answer, checked))) return;
      tally.mismatches++;
      const facts = { answer, fold: answers[i], oracle: checked, question, asOfMs: seen.asOfMs };
      report(`${kind} (feature ${at}): ${JSON.stringify(facts)}`);
    });
  });
}
