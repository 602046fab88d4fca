import fc from "fast-check";
import { tableOf, type Value } from "../../kernel/index.js";
import { featureSet, type FeatureSet } from "../definition/feature-set.js";
import { naiveAnswer, naiveAvailableMs } from "../proof/naive-features.testing.js";
import type { FeatureReader, FeatureState, LoggedEvent, Seen } from "../ports.js";
import {
  anchoredRows,
  plainKeys,
  received,
  schema,
  times,
  valuesOf,
  type LoggedRow,
  type Row,
} from "../proof/random-rows.testing.js";
import {
  byKind,
  randomSource,
  type Question,
  type RandomSource,
} from "../definition/random-views.testing.js";

/** A row that arrives, rows that arrive again, or questions that are asked together. */
export type Step =
  | { readonly kind: "add"; readonly source: number; readonly logged: LoggedRow }
  | { readonly kind: "again"; readonly source: number; readonly last: number }
  | { readonly kind: "read"; readonly questions: readonly Question[] };

export interface Scenario {
  readonly history: readonly { readonly source: number; readonly row: Row }[];
  readonly beforeMs: readonly [number, number];
  readonly steps: readonly Step[];
}

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 10 });

const questionAt = (anchorMs: number): fc.Arbitrary<Question> =>
  fc.record({
    place: maybe(fc.oneof(plainKeys.place, plainKeys.place, fc.constant("unknown"))),
    number: maybe(plainKeys.number),
    kind: maybe(plainKeys.kind),
    timeMs: times(anchorMs),
  });

/** Histories of two sources, and what happens then; reads in order of time in half of the cases. */
export const scenarios: fc.Arbitrary<Scenario> = anchoredRows().chain(({ anchorMs, rows }) => {
  const source = fc.nat(1);
  const questions = fc.array(questionAt(anchorMs), { minLength: 1, maxLength: 3 });
  const read = fc.record({ kind: fc.constant("read" as const), questions });
  const again = fc.record({ kind: fc.constant("again" as const), source, last: fc.nat(3) });
  const row = rows.length === 0 ? undefined : fc.constantFrom(...rows);
  const add =
    row === undefined
      ? read
      : fc.record({ kind: fc.constant("add" as const), source, logged: row.chain(received) });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: add as fc.Arbitrary<Step> },
    { weight: 4, arbitrary: read },
    { weight: 1, arbitrary: again },
  );
  return fc
    .record({
      history: row === undefined ? fc.constant([]) : fc.array(fc.record({ source, row }), { maxLength: 30 }),
      beforeMs: fc.tuple(times(anchorMs), times(anchorMs)),
      steps: fc.array(step, { maxLength: 50 }),
      sorted: fc.boolean(),
    })
    .map(({ sorted, steps, ...rest }) => ({ ...rest, steps: sorted ? inTimeOrder(steps) : steps }));
});

/** Reads sorted by time, everything else where it was: what a server sees. */
function inTimeOrder(steps: readonly Step[]): Step[] {
  const reads = steps
    .flatMap((step) => (step.kind === "read" ? [step] : []))
    .sort((a, b) => a.questions[0].timeMs - b.questions[0].timeMs);
  return steps.map((step) => (step.kind === "read" ? (reads.shift() as Step) : step));
}

/** Two sources whose views are of other entities, under other fields of the request. */
export const twoSources: fc.Arbitrary<[RandomSource, RandomSource]> = fc
  .constantFrom(
    [["place"], ["number", "place"]] as const,
    [["kind", "place", "number"], ["number"]] as const,
    [["place"], ["place"]] as const,
  )
  .chain(([left, right]) =>
    fc.tuple(
      randomSource({ name: "left", keyColumns: left }),
      randomSource({ name: "right", keyColumns: right, by: right.map((column) => `their_${column}`) }),
    ),
  );

/** A feature set of all views of both sources. */
export function setOf(sources: readonly RandomSource[]): FeatureSet {
  const groups = sources.map(({ source, views }) => [source.name, views.map(({ view }) => view)] as const);
  return featureSet({ views: Object.fromEntries(groups), request: {} });
}

/** A request's fields in the order of its schema. */
export function requestOf(set: FeatureSet, sources: readonly RandomSource[], question: Question): Value[] {
  const fields = set.groups.flatMap(({ keys }, g) =>
    keys.map((field, part) => [field, question[sources[g].keyColumns[part]]] as const),
  );
  const byField = new Map<string, Value>(fields);
  return Object.keys(set.request).map((name) => byField.get(name) ?? null);
}

/** One answer, and what it rests on. */
export interface Answer {
  readonly question: Question;
  readonly vector: readonly (number | string)[];
  readonly seen: Seen;
}

/** Reads a state through one reader. */
export async function ask(
  reader: FeatureReader,
  values: (question: Question) => Value[],
  questions: readonly Question[],
): Promise<Answer[]> {
  const outs = questions.map(() => ({
    numbers: new Float32Array(reader.numberCount).fill(-7),
    texts: new Array<string>(reader.textCount).fill("untouched"),
  }));
  const seen = await reader.read(
    questions.map((question, i) => ({ values: values(question), timeMs: question.timeMs, out: outs[i] })),
  );
  return questions.map((question, i) => ({
    question,
    vector: [...outs[i].numbers, ...outs[i].texts],
    seen: seen[i],
  }));
}

/** The vector that the oracle gives for what a state has been told, as of a time. */
export function oracleVector(
  sources: readonly RandomSource[],
  known: readonly (readonly LoggedRow[])[],
  question: Question,
): (number | string)[] {
  const features = sources.flatMap((source, s) => {
    const events = source.naiveEvents(known[s]);
    return source.views.flatMap(({ clock, features }) =>
      features.map((feature) => ({
        text: feature.text === true,
        answer: naiveAnswer({ clock, feature }, events, source.naiveQuestion(question)),
      })),
    );
  });
  return byKind(features).map(({ answer }) => answer);
}

/** The rows of a history that were available before a time: those that a state keeps of it. */
export function availableBefore(source: RandomSource, rows: readonly Row[], beforeMs: number): LoggedRow[] {
  const logged = rows.map((row): LoggedRow => ({ row, receivedMs: null }));
  const events = source.naiveEvents(logged);
  return logged.filter((_, i) => (naiveAvailableMs(events[i]) ?? Infinity) < beforeMs);
}

export const historyTable = (rows: readonly Row[]) => tableOf(schema, rows.map(valuesOf));

/** The logs of sources, as their states are told them. */
export function createLogs(sources: readonly RandomSource[]) {
  const logs = sources.map((): LoggedEvent[] => []);
  return {
    logs,
    /** Tells a state the step; an event that it has is told again as it was. */
    async tell(state: Pick<FeatureState, "add">, step: Exclude<Step, { kind: "read" }>): Promise<void> {
      const log = logs[step.source];
      const { name } = sources[step.source].source;
      if (step.kind === "again") return state.add(name, log.slice(log.length - step.last));
      const { row, receivedMs } = step.logged;
      // Numbers may be left out: a log that quarantines events has gaps.
      const sequence = (log.at(-1)?.sequence ?? 0) + 1 + (log.length % 3);
      log.push({ sequence, receivedMs, values: valuesOf(row) });
      return state.add(name, log.slice(-1));
    },
  };
}
