import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Source } from "../../src/data/index.js";
import type { FeatureState, LoggedEvent, Seen, View } from "../../src/features/index.js";
import {
  naiveAnswer,
  naiveAvailableMs,
  type NaiveEvent,
} from "../../src/features/proof/naive-features.testing.js";
import {
  ask,
  historyTable,
  requestOf,
  scenarios,
  setOf,
  twoSources,
  type Answer,
  type Scenario,
} from "../../src/features/online/online-steps.testing.js";
import { valuesOf, type LoggedRow, type Row } from "../../src/features/proof/random-rows.testing.js";
import {
  byKind,
  type Question,
  type RandomSource,
} from "../../src/features/definition/random-views.testing.js";
import { isMillwrightError, type Table } from "../../src/kernel/index.js";
import type { Fault } from "../support/faulty-tile-store.js";

/** A state that takes histories in bulk. */
export interface LoadableState extends FeatureState {
  load(source: Source, table: Table, beforeMs: number): void | Promise<void>;
}

export interface OpenedState {
  readonly state: LoadableState;
  /** Makes a call of its store fail; a state without a store ignores it. */
  break?(fault: Fault): void;
}

/** States of several names on one place, if the kind of state is shared. */
export interface FeatureStateHarness {
  /** Opens the state of a name; a second time: after the first has died. */
  open(views: readonly View[], partition: string): Promise<OpenedState>;
}

export interface FeatureStateContract {
  readonly make: () => Promise<FeatureStateHarness>;
  /** How many write at once. */
  readonly writers: number;
  readonly runs: number;
}

interface Entry {
  readonly event: LoggedEvent;
  readonly naive: NaiveEvent<Row>;
}

/** One name with its logs, which outlive its states. */
interface Writer {
  readonly name: string;
  readonly logs: readonly Entry[][];
  opened: OpenedState;
  /** Of all lives. */
  latestClockMs: number;
}

/** How a new life takes the log of the one before. */
interface Replay {
  /** Events at a time. */
  readonly chunk: number;
  /** The clock is brought to where it was before the log is added, and not after it. */
  readonly hurried: boolean;
}

/** What happens to the writer of a step before it. */
type Trouble =
  | { readonly kind: "none" }
  | { readonly kind: "restart"; readonly replay: Replay }
  | { readonly kind: "advance"; readonly byMs: number }
  | { readonly kind: "crash" | "fault"; readonly fault: Fault; readonly replay: Replay };

interface Turn {
  readonly writer: number;
  readonly trouble: Trouble;
}

type Step =
  | { readonly kind: "add"; readonly source: number; readonly logged: readonly LoggedRow[] }
  | { readonly kind: "again"; readonly source: number; readonly last: number }
  | { readonly kind: "read"; readonly questions: readonly Question[] };

interface Plot extends Pick<Scenario, "history" | "beforeMs"> {
  readonly steps: readonly { readonly turn: Turn; readonly step: Step }[];
}

const fault = (forever: boolean) =>
  fc.record({ after: fc.nat(7), done: fc.boolean(), forever: fc.constant(forever) });
const replay = fc.record({ chunk: fc.constantFrom(1, 2, 50), hurried: fc.boolean() });
const turn = (writers: number): fc.Arbitrary<Turn> =>
  fc.record({
    writer: fc.nat(writers - 1),
    trouble: fc.oneof(
      { weight: 12, arbitrary: fc.constant({ kind: "none" as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), replay }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), byMs: fc.nat(9_000_000) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("crash" as const), fault: fault(true), replay }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("fault" as const), fault: fault(false), replay }),
      },
    ),
  });

/** Rows and questions of all times, as for a state in memory. */
const scattered = (writers: number): fc.Arbitrary<Plot> =>
  fc.tuple(scenarios, fc.array(turn(writers), { minLength: 50, maxLength: 50 })).map(([scenario, turns]) => ({
    ...scenario,
    steps: scenario.steps.map((step, i) => ({
      turn: turns[i],
      step: step.kind === "add" ? { ...step, logged: [step.logged] } : step,
    })),
  }));

const minuteMs = 60_000;
const startMs = 986_083_200_000;
/** How long before the present moment a question is about. */
const pastMs = fc.constantFrom(0, 0, 0, -1, -2, -30_000, -minuteMs);
/** Questions that any state has passed already. */
const calm: Trouble = { kind: "none" };
const nowhere = ["JFK", "SFO"].map((place): Question => ({ place, number: 1, kind: "x", timeMs: -1e13 }));
const busyPlace = fc.constantFrom("JFK", "JFK", "SFO");

/** A row about a moment; late, early, known later, known before. */
const busyRow: fc.Arbitrary<LoggedRow> = fc
  .record({
    at: fc.oneof(fc.integer({ min: -180, max: 20 }), fc.constant(0)).map((minutes) => minutes * minuteMs),
    place: busyPlace,
    number: fc.constant(1),
    kind: fc.constant("x"),
    lag: fc.oneof(fc.constant(0), fc.integer({ min: -5, max: 200 })),
    delay: fc.integer({ min: 1, max: 60 }),
    amount: fc.constantFrom(1, 2.5),
    late: fc.boolean(),
    receivedMs: fc.option(fc.integer({ min: -10, max: 60 }), { nil: null, freq: 2 }),
  })
  .map(({ receivedMs, ...row }) => ({
    row,
    receivedMs: receivedMs === null ? null : row.at + receivedMs * minuteMs,
  }));

const busyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      source: fc.nat(1),
      logged: fc.array(busyRow, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ place: busyPlace, number: fc.constant(1), kind: fc.constant("x"), timeMs: pastMs })
      .map((question) => ({ kind: "read" as const, questions: [question, { ...question, place: "SFO" }] })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("again" as const), source: fc.nat(1), last: fc.nat(5) }),
  },
);

/** Few entities, many events, and time that moves on: what lets faults meet. */
const busy = (writers: number): fc.Arbitrary<Plot> =>
  fc
    .record({
      history: fc.array(fc.record({ source: fc.nat(1), row: busyRow.map(({ row }) => row) }), {
        maxLength: 6,
      }),
      steps: fc.array(
        fc.record({ turn: turn(writers), step: busyStep, byMinutes: fc.constantFrom(0, 0, 1, 1, 9, 70) }),
        { minLength: 20, maxLength: 60 },
      ),
    })
    .map(({ history, steps }) => {
      let nowMs = startMs;
      const moved = steps.map(({ turn, step, byMinutes }) => {
        nowMs += byMinutes * minuteMs + 1;
        return { turn, step: shifted(step, nowMs) };
      });
      const past = history.map(({ source, row }) => ({ source, row: { ...row, at: row.at + startMs } }));
      return { history: past, beforeMs: [startMs, startMs - 90 * minuteMs], steps: moved };
    });

function shifted(step: Step, byMs: number): Step {
  if (step.kind === "again") return step;
  if (step.kind === "read") {
    return { ...step, questions: step.questions.map((one) => ({ ...one, timeMs: one.timeMs + byMs })) };
  }
  const logged = step.logged.map(({ row, receivedMs }) => ({
    row: { ...row, at: row.at + byMs },
    receivedMs: receivedMs === null ? null : receivedMs + byMs,
  }));
  return { ...step, logged };
}

/** Everything that the writers of one place are told, and what the oracle makes of it. */
async function openWorld(sources: readonly RandomSource[], plot: Plot, contract: FeatureStateContract) {
  const harness = await contract.make();
  const views = sources.flatMap((source) => source.views.map(({ view }) => view));
  const set = setOf(sources);
  const histories = sources.map((source, s) => {
    const rows = plot.history.flatMap((one) => (one.source === s ? [one.row] : []));
    return { rows, naive: source.naiveEvents(rows.map((row): LoggedRow => ({ row, receivedMs: null }))) };
  });
  const writers: Writer[] = [];
  for (let w = 0; w < contract.writers; w++) {
    const name = ["one", "two", "__proto__"][w];
    const logs = sources.map((): Entry[] => []);
    const writer: Writer = { name, logs, opened: await harness.open(views, name), latestClockMs: -Infinity };
    writers.push(writer);
    await load(writer);
  }

  async function load({ opened: { state } }: Writer): Promise<void> {
    for (const [s, { source }] of sources.entries()) {
      await state.load(source, historyTable(histories[s].rows), plot.beforeMs[s]);
    }
  }

  async function restart(writer: Writer, { chunk, hurried }: Replay): Promise<void> {
    writer.opened.break?.({ after: 0, done: false, forever: true });
    writer.latestClockMs = Math.max(writer.latestClockMs, writer.opened.state.clockMs());
    writer.opened = await harness.open(views, writer.name);
    const { state } = writer.opened;
    await load(writer);
    if (hurried) await state.advance(writer.latestClockMs);
    for (const [s, { source }] of sources.entries()) {
      const from = state.sequence(source.name);
      const missing = writer.logs[s].flatMap(({ event }) => (event.sequence > from ? [event] : []));
      for (let i = 0; i < missing.length; i += chunk) {
        await state.add(source.name, missing.slice(i, i + chunk));
        if (hurried) (await read(writer, nowhere)).forEach((answer) => expectExplained(writer, answer));
      }
    }
  }

  async function tell(writer: Writer, step: Exclude<Step, { kind: "read" }>): Promise<void> {
    const log = writer.logs[step.source];
    const { name } = sources[step.source].source;
    if (step.kind === "again") {
      const again = step.last === 0 ? [] : log.slice(-step.last);
      return writer.opened.state.add(
        name,
        again.map(({ event }) => event),
      );
    }
    sources[step.source].naiveEvents(step.logged).forEach((naive, i) => {
      const { row, receivedMs } = step.logged[i];
      const sequence = (log.at(-1)?.event.sequence ?? 0) + 1 + (log.length % 3);
      log.push({ event: { sequence, receivedMs, values: valuesOf(row) }, naive });
    });
    return writer.opened.state.add(
      name,
      log.slice(-step.logged.length).map(({ event }) => event),
    );
  }

  const read = (writer: Writer, questions: readonly Question[]): Promise<Answer[]> =>
    ask(writer.opened.state.reader(set), (question) => requestOf(set, sources, question), questions);

  /** What a lookup says that it saw, as events. */
  function eventsSeen(writer: Writer, s: number, { lookups, asOfMs, sequences }: Seen, lookup: number) {
    const history = { sequence: histories[s].rows.length, beforeMs: plot.beforeMs[s] };
    const own = { sequence: sequences[sources[s].source.name] ?? 0, beforeMs: asOfMs };
    const seen = new Map(Object.entries(lookups?.[lookup] ?? { history, [writer.name]: own }));
    const of = (name: string, naive: NaiveEvent<Row>, sequence: number) => {
      const log = seen.get(name);
      return (
        log !== undefined && sequence <= log.sequence && (naiveAvailableMs(naive) ?? Infinity) < log.beforeMs
      );
    };
    return [
      ...histories[s].naive.filter((naive, i) => of("history", naive, i + 1)),
      ...writers.flatMap(({ name, logs }) =>
        logs[s].flatMap(({ event, naive }) => (of(name, naive, event.sequence) ? [naive] : [])),
      ),
    ];
  }

  /** The vector is what the oracle makes of exactly the events that the answer says it rests on. */
  function expectExplained(writer: Writer, { question, vector, seen }: Answer): void {
    expect(seen.asOfMs).toBeGreaterThanOrEqual(question.timeMs);
    let lookup = 0;
    const features = sources.flatMap((source, s) =>
      source.views.flatMap(({ clock, features }) => {
        const events = eventsSeen(writer, s, seen, lookup++);
        const asked = source.naiveQuestion({ ...question, timeMs: seen.asOfMs });
        return features.map((feature) => ({
          text: feature.text === true,
          answer: naiveAnswer({ clock, feature }, events, asked),
        }));
      }),
    );
    expect(vector).toEqual(byKind(features).map(({ answer }) => answer));
  }

  /** Nothing that was acknowledged is missing, and nothing that nobody could know is there. */
  function expectComplete(reader: Writer, { question, seen }: Answer): void {
    let lookup = 0;
    sources.forEach((source, s) => {
      const { key } = source.naiveQuestion(question);
      const isOwn = ({ key: own }: NaiveEvent<Row>) =>
        own.every((part, i) => part !== null && part === key[i]);
      for (let own = 0; own < source.views.length; own++) {
        const found = new Set(eventsSeen(reader, s, seen, lookup++).filter(isOwn));
        for (const naive of histories[s].naive) {
          const availableMs = naiveAvailableMs(naive) ?? Infinity;
          if (isOwn(naive)) expect(found.has(naive)).toBe(availableMs < plot.beforeMs[s]);
        }
        for (const writer of writers) {
          if (contract.writers === 1 && writer !== reader) continue;
          const { opened, latestClockMs, logs } = writer;
          const knownMs = writer === reader ? seen.asOfMs : opened.state.clockMs();
          for (const { naive } of logs[s].filter((entry) => isOwn(entry.naive))) {
            const availableMs = naiveAvailableMs(naive) ?? Infinity;
            if (availableMs < knownMs) expect(found.has(naive)).toBe(true);
            if (availableMs >= Math.max(knownMs, latestClockMs)) expect(found.has(naive)).toBe(false);
          }
        }
      }
    });
  }

  return { writers, tell, read, restart, expectExplained, expectComplete };
}

type World = Awaited<ReturnType<typeof openWorld>>;

/** A call that may fail because its store was made to. */
async function attempted<T>(call: () => T | Promise<T>): Promise<Awaited<T> | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isMillwrightError(error, "MW1013")) return undefined;
    throw error;
  }
}

async function play(world: World, { writer: w, trouble }: Turn, step: Step): Promise<readonly Answer[]> {
  const writer = world.writers[w];
  if (trouble.kind === "restart") await world.restart(writer, trouble.replay);
  if (trouble.kind === "advance") {
    const { state } = writer.opened;
    await state.advance(Math.max(0, state.clockMs()) + trouble.byMs);
  }
  if (trouble.kind === "crash" || trouble.kind === "fault") writer.opened.break?.(trouble.fault);
  const answers = await attempted(async () =>
    step.kind === "read" ? world.read(writer, step.questions) : world.tell(writer, step).then(() => []),
  );
  if (trouble.kind === "crash") await world.restart(writer, trouble.replay);
  // Whatever is left of the fault is over: what waits for the store is applied by the next call.
  if (trouble.kind === "fault") {
    writer.opened.break?.({ after: Infinity, done: false, forever: false });
    const { state } = writer.opened;
    const settle = () => Promise.resolve(state.advance(state.clockMs())).then(() => true);
    // A call that joins one which the fault has met already fails with it.
    while ((await attempted(settle)) !== true);
  }
  return answers ?? [];
}

const plots = ({ writers }: FeatureStateContract) =>
  fc.tuple(
    twoSources,
    fc.oneof({ weight: 1, arbitrary: scattered(writers) }, { weight: 3, arbitrary: busy(writers) }),
  );

/** What every feature state must do. */
export function describeFeatureStateContract(name: string, contract: FeatureStateContract): void {
  const { runs, writers } = contract;
  describe(`${name}: feature state contract`, () => {
    it("answers with exactly the events that it says it saw, after restarts, crashes and faults", async () => {
      const property = fc.asyncProperty(plots(contract), async ([sources, plot]) => {
        const world = await openWorld(sources, plot, contract);
        for (const { turn, step } of plot.steps) {
          const writer = world.writers[turn.writer];
          for (const answer of await play(world, turn, step)) {
            world.expectExplained(writer, answer);
            if (turn.trouble.kind !== "crash") world.expectComplete(writer, answer);
          }
        }
      });
      await fc.assert(property, { numRuns: runs });
    });

    it("counts every event once when all writers and readers are at it at once", async () => {
      const property = fc.asyncProperty(plots(contract), async ([sources, plot]) => {
        const world = await openWorld(sources, plot, contract);
        const chains = world.writers.map(async (_, w) => {
          const own = plot.steps.filter(({ turn }) => turn.writer === w);
          const answers: Answer[] = [];
          // Reads go on beside what is added, and beside the restarts of their own writer.
          const reads = async () => {
            for (const { step } of own) {
              if (step.kind === "read")
                answers.push(...(await play(world, { writer: w, trouble: calm }, step)));
            }
          };
          const writes = async () => {
            for (const { turn, step } of own) if (step.kind !== "read") await play(world, turn, step);
          };
          await Promise.all([reads(), writes()]);
          return answers;
        });
        const answers = await Promise.all(chains);
        answers.forEach((own, w) => own.forEach((answer) => world.expectExplained(world.writers[w], answer)));
        const questions = plot.steps.flatMap(({ step }) => (step.kind === "read" ? step.questions : []));
        for (const writer of world.writers) {
          for (const answer of await world.read(writer, questions)) {
            world.expectExplained(writer, answer);
            world.expectComplete(writer, answer);
          }
        }
      });
      await fc.assert(property, { numRuns: runs });
    });

    it("has a clock that never goes back, and reads of one state that see all it took", async () => {
      const property = fc.asyncProperty(plots({ ...contract, writers: 1 }), async ([sources, plot]) => {
        const world = await openWorld(sources, plot, { ...contract, writers: 1 });
        const [writer] = world.writers;
        let clockMs = writer.opened.state.clockMs();
        for (const { step } of plot.steps) {
          for (const { seen, question } of await play(world, { writer: 0, trouble: calm }, step)) {
            clockMs = Math.max(clockMs, question.timeMs);
            expect(seen.asOfMs).toBeGreaterThanOrEqual(clockMs);
          }
          expect(writer.opened.state.clockMs()).toBeGreaterThanOrEqual(clockMs);
          sources.forEach(({ source }, s) => {
            const last = writer.logs[s].at(-1)?.event.sequence ?? 0;
            expect(writer.opened.state.sequence(source.name)).toBe(last);
          });
        }
      });
      await fc.assert(property, { numRuns: Math.ceil(runs / 4) });
    });

    it("refuses a feature set whose views it does not hold, and passes over events of strangers", async () => {
      const property = fc.asyncProperty(twoSources, async ([left, right]) => {
        const harness = await contract.make();
        const { state } = await harness.open(
          left.views.map(({ view }) => view),
          "one",
        );
        expect(() => state.reader(setOf([right]))).toThrow(/does not hold view/);
        await state.add("strangers", [{ sequence: 3, receivedMs: 0, values: [1] }]);
        expect(state.sequence("strangers")).toBe(3);
        await state.advance(5);
        expect(state.clockMs()).toBe(5);
      });
      await fc.assert(property, { numRuns: Math.min(runs, writers * 5) });
    });
  });
}
