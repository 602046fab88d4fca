import fc from "fast-check";
import { events, parquet, type EventSource } from "../../data/index.js";
import type { Columns, Value } from "../../kernel/index.js";
import type { NaiveEvent, NaiveFeature, NaiveQuestion } from "../proof/naive-features.testing.js";
import { define, featureChoice, meaning, type FeatureChoice } from "../proof/random-features.testing.js";
import { schema, type LoggedRow, type Row } from "../proof/random-rows.testing.js";
import { view, type View } from "./view.js";

const availabilities: {
  of?: (f: Columns<typeof schema>) => Columns<typeof schema>["at"];
  naive: (row: Row) => number | null | undefined;
}[] = [
  { naive: () => undefined },
  { of: (f) => f.at.plus("30m"), naive: ({ at }) => at + 1_800_000 },
  {
    of: (f) => f.at.plus(f.lag.times(60_000)),
    naive: ({ at, lag }) => (lag === null ? null : at + lag * 60_000),
  },
];

export type KeyColumn = "place" | "number" | "kind";

/** What a question may name: every column that can be a part of a key. */
export interface Question extends Readonly<Pick<Row, KeyColumn>> {
  readonly timeMs: number;
}

/** A view and what it means. */
export interface RandomView {
  readonly view: View;
  readonly clock: "event" | "available";
  /** In the order of the view's definition. */
  readonly features: readonly NaiveFeature<Row>[];
}

export interface RandomSource {
  readonly source: EventSource;
  readonly keyColumns: readonly KeyColumn[];
  readonly views: readonly RandomView[];
  naiveEvents(rows: readonly LoggedRow[]): NaiveEvent<Row>[];
  naiveQuestion(question: Question): NaiveQuestion;
}

export interface SourceShape {
  readonly keyColumns: readonly [KeyColumn, ...KeyColumn[]];
  readonly name?: string;
  /** The fields of a request that hold the parts of the key. */
  readonly by?: readonly string[];
}

export interface ViewChoice {
  readonly clock: "event" | "available";
  readonly choices: readonly FeatureChoice[];
}

/** How a source's rows become available: at once, with a delay, each in its own time. */
export const availabilityCount = availabilities.length;

/** A source and views of it, and what they mean. */
export function sourceWith(
  { keyColumns, name = "things", by }: SourceShape,
  viewChoices: readonly ViewChoice[],
  availabilityIndex: number,
): RandomSource {
  const availability = availabilities[availabilityIndex];
  const source = events(name, {
    from: parquet("events.parquet"),
    schema,
    eventTime: "at",
    ...(availability.of === undefined ? {} : { availableAt: availability.of }),
  });
  const [only, ...more] = keyColumns;
  const views = viewChoices.map(({ clock, choices }, i) => {
    const made: View = view(`${name}_${i}`, {
      source,
      entity: { thing: more.length === 0 ? only : keyColumns },
      clock,
      features: (f) =>
        Object.fromEntries(choices.map((choice, j) => [`${name}${i}_${j}`, define(f, choice)])),
    });
    return { view: by === undefined ? made : made.by(...by), clock, features: choices.map(meaning) };
  });
  return {
    source,
    keyColumns,
    views,
    naiveEvents: (rows: readonly LoggedRow[]) =>
      rows.map(({ row, receivedMs }) => ({
        row,
        key: keyColumns.map((column) => row[column]),
        statedMs: row.at,
        declaredMs: availability.naive(row),
        receivedMs,
      })),
    naiveQuestion: (question: Question) => ({
      key: keyColumns.map((column): Value => question[column]),
      timeMs: question.timeMs,
    }),
  };
}

/** A source with one to three views of it. */
export function randomSource(shape: SourceShape): fc.Arbitrary<RandomSource> {
  const viewChoice = fc.record({
    clock: fc.constantFrom("event" as const, "available" as const),
    choices: fc.array(featureChoice, { minLength: 1, maxLength: 7 }),
  });
  return fc
    .record({
      availability: fc.nat(availabilityCount - 1),
      viewChoices: fc.array(viewChoice, { minLength: 1, maxLength: 3 }),
    })
    .map(({ availability, viewChoices }) => sourceWith(shape, viewChoices, availability));
}

/** The features of a view by kind: in the order in which vectors hold them. */
export function byKind<T extends { readonly text?: boolean }>(features: readonly T[]): T[] {
  return [...features.filter(({ text }) => text !== true), ...features.filter(({ text }) => text === true)];
}
