import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryTileStore } from "../../adapters/memory/index.js";
import { tableOf } from "../../kernel/index.js";
import { eventTable } from "../definition/event-log.js";
import { lookupsOf, type FeatureSet } from "../definition/feature-set.js";
import { naiveAvailableMs } from "./naive-features.testing.js";
import { createOnlineState } from "../online/online-state.js";
import {
  ask,
  availableBefore,
  createLogs,
  historyTable,
  oracleVector,
  requestOf,
  scenarios,
  setOf,
  twoSources,
  type Answer,
  type Scenario,
} from "../online/online-steps.testing.js";
import type { LoggedEvent, Seen, SeenLog } from "../ports.js";
import {
  anchoredRows,
  plainKeys,
  received,
  schema,
  valuesOf,
  type LoggedRow,
  type Row,
} from "./random-rows.testing.js";
import type { Question, RandomSource } from "../definition/random-views.testing.js";
import { recomputeFeatures, type Recomputation } from "./recompute.js";
import type { RecordedEvents } from "./recorded-events.js";
import { createSharedState } from "../shared/shared-state.js";

/** The rows of a history that count, and what live states logged, as the events of a source. */
function recorded(
  { source }: RandomSource,
  history: readonly LoggedRow[],
  logs: Readonly<Record<string, readonly LoggedEvent[]>>,
): RecordedEvents {
  const logged = Object.values(logs).flatMap((events, log) => events.map((event) => ({ log, ...event })));
  const table = tableOf(schema, [
    ...history.map(({ row }) => valuesOf(row)),
    ...logged.map(({ values }) => values),
  ]);
  const receivedMs = [...history.map(() => NaN), ...logged.map((event) => event.receivedMs ?? NaN)];
  return {
    ...eventTable(source, table, Float64Array.from(receivedMs)),
    logs: Object.keys(logs),
    log: Int16Array.from([...history.map(() => -1), ...logged.map(({ log }) => log)]),
    sequence: Float64Array.from([...history.map(() => 0), ...logged.map(({ sequence }) => sequence)]),
  };
}

const vectorsOf = async (set: FeatureSet, past: Recomputation): Promise<(number | string)[][]> => {
  const { features } = await recomputeFeatures(set, past);
  return past.seen.map((_, row) =>
    features.map((feature) =>
      feature.kind === "number"
        ? feature.values[row]
        : feature.codes[row] < 0
          ? ""
          : feature.dictionary[feature.codes[row]],
    ),
  );
};

const requestsOf = (set: FeatureSet, sources: readonly RandomSource[], questions: readonly Question[]) =>
  tableOf(
    set.request,
    questions.map((question) => requestOf(set, sources, question)),
  );

function expectEqual(answers: readonly Answer[], vectors: readonly (readonly (number | string)[])[]): void {
  expect(vectors).toEqual(answers.map(({ vector }) => vector));
}

describe("features of past answers, computed again", () => {
  test("equal those of the memory's state, whatever came late and whatever waits", async () => {
    const property = fc.asyncProperty(twoSources, scenarios, async (sources, scenario) => {
      const set = setOf(sources);
      const state = createOnlineState(lookupsOf(set).map(({ view }) => view));
      const histories = loadHistories(sources, scenario, (source, rows, beforeMs) =>
        state.load(source.source, historyTable(rows), beforeMs),
      );
      const { logs, tell } = createLogs(sources);
      const reader = state.reader(set);
      const answers: Answer[] = [];
      for (const step of scenario.steps) {
        if (step.kind === "read") {
          answers.push(
            ...(await ask(reader, (question) => requestOf(set, sources, question), step.questions)),
          );
        } else await tell(state, step);
      }
      const events = sources.map((source, s): [string, RecordedEvents] => [
        source.source.name,
        recorded(source, histories[s], { me: logs[s] }),
      ]);
      const vectors = await vectorsOf(set, {
        requests: requestsOf(
          set,
          sources,
          answers.map(({ question }) => question),
        ),
        seen: answers.map(({ seen }) => seen),
        live: "me",
        events: new Map(events),
      });
      expectEqual(answers, vectors);
    });
    await fc.assert(property, { numRuns: 120 });
  });

  test("equal those of two processes that share a store, each with a log of its own", async () => {
    const property = fc.asyncProperty(
      twoSources,
      scenarios,
      fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }),
      async (sources, scenario, turns) => {
        const set = setOf(sources);
        const views = lookupsOf(set).map(({ view }) => view);
        const tiles = memoryTileStore();
        const open = (partition: string) =>
          createSharedState(views, { tiles, partition, spaceOf: ({ hash }) => hash });
        const states = [open("left"), open("right")];
        for (const state of states) await state.resume();
        const loads: Promise<void>[] = [];
        const histories = loadHistories(sources, scenario, (source, rows, beforeMs) =>
          loads.push(...states.map((state) => state.load(source.source, historyTable(rows), beforeMs))),
        );
        await Promise.all(loads);
        const told = states.map(() => createLogs(sources));
        const readers = states.map((state) => state.reader(set));
        const answers: Answer[][] = [[], []];
        const pending: Promise<unknown>[] = [];
        for (const [i, step] of scenario.steps.entries()) {
          const who = turns[i] ? 1 : 0;
          if (step.kind === "read") {
            const asked = ask(readers[who], (question) => requestOf(set, sources, question), step.questions);
            pending.push(asked.then((found) => answers[who].push(...found)));
          } else pending.push(told[who].tell(states[who], step));
          // Every third step the others are waited for; between, reads and writes overtake one another.
          if (i % 3 === 0) await Promise.all(pending.splice(0));
        }
        await Promise.all(pending);
        const events = sources.map((source, s): [string, RecordedEvents] => [
          source.source.name,
          recorded(source, histories[s], { left: told[0].logs[s], right: told[1].logs[s] }),
        ]);
        for (const [who, live] of ["left", "right"].entries()) {
          const vectors = await vectorsOf(set, {
            requests: requestsOf(
              set,
              sources,
              answers[who].map(({ question }) => question),
            ),
            seen: answers[who].map(({ seen }) => seen),
            live,
            events: new Map(events),
          });
          expectEqual(answers[who], vectors);
        }
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });

  test("count exactly the events that each answer saw, though no two saw the same", async () => {
    const property = fc.asyncProperty(twoSources, pasts, async (sources, { history, logs, questions }) => {
      const set = setOf(sources);
      const numbered = logs.map((log) => log.map((logged, i) => ({ logged, sequence: 2 * i + 1 })));
      const events = sources.map((source): [string, RecordedEvents] => [
        source.source.name,
        recorded(
          source,
          history.map((row) => ({ row, receivedMs: null })),
          {
            a: numbered[0].map(toEvent),
            b: numbered[1].map(toEvent),
          },
        ),
      ]);
      const count = lookupsOf(set).length;
      const seen = questions.map(({ seen, question }): Seen => ({
        asOfMs: question.timeMs,
        sequences: {},
        lookups: Array.from({ length: count }, () => seen(question.timeMs)),
      }));
      const asked = questions.map(({ question }) => question);
      const vectors = await vectorsOf(set, {
        ...{ requests: requestsOf(set, sources, asked), seen, live: "a", events: new Map(events) },
      });
      const known = (source: RandomSource, logsSeen: Readonly<Record<string, SeenLog>>): LoggedRow[] => [
        ...history.map((row): LoggedRow => ({ row, receivedMs: null })),
        ...["a", "b"].flatMap((log, l) =>
          numbered[l]
            .filter(({ logged, sequence }) => {
              const availableMs = naiveAvailableMs(source.naiveEvents([logged])[0]) ?? Infinity;
              const { [log]: sight } = logsSeen;
              return sight !== undefined && sequence <= sight.sequence && availableMs < sight.beforeMs;
            })
            .map(({ logged }) => logged),
        ),
      ];
      vectors.forEach((vector, i) => {
        const [sight] = seen[i].lookups ?? [];
        expect(vector).toEqual(
          oracleVector(
            sources,
            sources.map((source) => known(source, sight)),
            asked[i],
          ),
        );
      });
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test("say how old what was seen was, and how late it came", async () => {
    const property = fc.asyncProperty(twoSources, pasts, async (sources, { history, questions }) => {
      const set = setOf(sources);
      const rows = history.map((row): LoggedRow => ({ row, receivedMs: null }));
      const asked = questions.map(({ question }) => question);
      const { ages } = await recomputeFeatures(set, {
        requests: requestsOf(set, sources, asked),
        seen: asked.map(({ timeMs }) => ({
          asOfMs: timeMs,
          sequences: {},
          lookups: lookupsOf(set).map(() => ({})),
        })),
        live: "a",
        events: new Map(sources.map((source) => [source.source.name, recorded(source, rows, {})])),
      });
      for (const { lookup, stateAgeMs, events: count } of ages) {
        const source = sources.find((one) => one.source.name === lookup.view.source.name) as RandomSource;
        const events = source.naiveEvents(rows);
        const about = ({ key }: { key: readonly unknown[] }, question: Question) =>
          key.every((part, i) => part !== null && part === question[source.keyColumns[i]]);
        const available = (question: Question) =>
          events.filter((event) => about(event, question)).flatMap((event) => naiveAvailableMs(event) ?? []);
        const ageOf = (question: Question) =>
          available(question).map(
            (availableMs) => question.timeMs - Math.max(availableMs, ...available(question)),
          );
        const expected = asked.flatMap((question) => ageOf(question).slice(0, 1));
        expect(stateAgeMs === null).toBe(expected.length === 0);
        if (stateAgeMs !== null) expect(stateAgeMs.max).toBe(Math.max(...expected));
        const seen = events.filter(
          (event) => naiveAvailableMs(event) !== null && asked.some((q) => about(event, q)),
        );
        expect(count).toBe(seen.length);
      }
    });
    await fc.assert(property, { numRuns: 50 });
  });
});

const toEvent = ({ logged, sequence }: { logged: LoggedRow; sequence: number }): LoggedEvent => ({
  sequence,
  receivedMs: logged.receivedMs,
  values: valuesOf(logged.row),
});

interface Past {
  readonly history: readonly Row[];
  readonly logs: readonly (readonly LoggedRow[])[];
  readonly questions: readonly {
    readonly question: Question;
    readonly seen: (timeMs: number) => Readonly<Record<string, SeenLog>>;
  }[];
}

/** Histories, two logs, and questions each of which saw something of its own of each log, or nothing. */
const pasts: fc.Arbitrary<Past> = anchoredRows().chain(({ anchorMs, rows }) => {
  // Questions come after the whole history, which every answer rests on.
  const laterMs = Math.max(anchorMs, ...rows.map(({ at }) => at)) + 41_000 * 60_000;
  const sight = fc.option(fc.record({ sequence: fc.nat(20), backMs: fc.nat(120 * 86_400_000) }), {
    nil: undefined,
  });
  const question = fc.record({
    place: fc.option(plainKeys.place, { nil: null, freq: 10 }),
    number: fc.option(plainKeys.number, { nil: null, freq: 10 }),
    kind: fc.option(plainKeys.kind, { nil: null, freq: 10 }),
    timeMs: fc.nat(3 * 86_400_000).map((ms) => laterMs + ms),
  });
  const row = rows.length === 0 ? undefined : fc.constantFrom(...rows);
  const log = row === undefined ? fc.constant([]) : fc.array(row.chain(received), { maxLength: 10 });
  return fc.record({
    history: row === undefined ? fc.constant([]) : fc.array(row, { maxLength: 15 }),
    logs: fc.tuple(log, log),
    questions: fc.array(
      fc.record({ question, a: sight, b: sight }).map(({ question, a, b }) => ({
        question,
        seen: (timeMs: number) =>
          Object.fromEntries(
            Object.entries({ a, b }).flatMap(([name, sight]): [string, SeenLog][] =>
              sight === undefined
                ? []
                : [[name, { sequence: sight.sequence, beforeMs: timeMs - sight.backMs }]],
            ),
          ),
      })),
      { minLength: 1, maxLength: 8 },
    ),
  });
});

/** Loads what a scenario says of each source, and gives the rows that count of it. */
function loadHistories(
  sources: readonly RandomSource[],
  { history, beforeMs }: Scenario,
  load: (source: RandomSource, rows: readonly Row[], beforeMs: number) => void,
): LoggedRow[][] {
  return sources.map((source, s) => {
    const rows = history.flatMap((entry) => (entry.source === s ? [entry.row] : []));
    load(source, rows, beforeMs[s]);
    return availableBefore(source, rows, beforeMs[s]);
  });
}
