import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultTrips, edited, tripsConfig } from "../../../test/support/trips.js";
import type { Project } from "../project.js";
import { latestReplay, replay, type ReplayTarget } from "./replay.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

// It begins between two trips, while outcomes of earlier ones become known.
const [fromMs, toMs] = [Date.parse("2024-01-20T00:05Z"), Date.parse("2024-01-23T00:00Z")];
const inRange = defaultTrips.filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < toMs);

/** By hand from the configuration: an hour, and the delay if there is one. */
const afterTheTrip = ({ at, delay }: { at: number; delay: number }) =>
  at + 3_600_000 + Math.max(0, delay) * 60_000;

interface Recorded {
  /** Times asked for, in order; with how many events were acknowledged before the question. */
  readonly asked: { atMs: number; eventsBefore: number }[];
  readonly events: { availableMs: number; askedBefore: number }[];
  readonly labels: Map<string, boolean>;
  readonly atById: Map<string, number>;
}

/** A target in this process that answers late and notes what it was told, and when. */
function recordingTarget(availableAt: (event: { at: number; delay: number }) => number) {
  const recorded: Recorded = { asked: [], events: [], labels: new Map(), atById: new Map() };
  let acknowledged = 0;
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await new Promise(setImmediate);
  };
  const target: ReplayTarget = {
    async predict(model, request) {
      const id = `${model}-${recorded.asked.length}`;
      recorded.asked.push({ atMs: Number(request.at), eventsBefore: acknowledged });
      recorded.atById.set(id, Number(request.at));
      await turns(recorded.asked.length % 4);
      return { id };
    },
    async ingest(_, events) {
      for (const event of events) {
        const availableMs = availableAt(event as { at: number; delay: number });
        recorded.events.push({ availableMs, askedBefore: recorded.asked.length });
      }
      await turns(2);
      acknowledged += events.length;
      return { accepted: events.length };
    },
    async feedback(items) {
      for (const { id, label } of items) {
        expect(recorded.labels.has(id)).toBe(false);
        recorded.labels.set(id, label);
      }
      return { accepted: items.length };
    },
  };
  return { target, recorded };
}

/** What a replay must keep to, whatever the traffic. */
function expectOrder({ asked, events }: Recorded, availableMs: readonly number[]): void {
  const sorted = availableMs.toSorted((a, b) => a - b);
  expect(events.map((event) => event.availableMs)).toEqual(sorted);
  for (const { atMs, eventsBefore } of asked) {
    // A moment sees what was available before it, and it was acknowledged before the question.
    const due = sorted.filter((available) => available < atMs).length;
    expect([atMs, eventsBefore >= due]).toEqual([atMs, true]);
  }
  for (const { availableMs: available, askedBefore } of events) {
    // Nothing is told before it could be known: all questions up to that time were asked.
    const questions = asked.filter(({ atMs }) => atMs <= available).length;
    expect([available, askedBefore >= questions]).toEqual([available, true]);
  }
}

/** Rows whose outcome becomes known from the beginning of the range on. */
const known = (availableAt: (event: { at: number; delay: number }) => number) =>
  defaultTrips
    .map(({ at, delay }) => ({ at: Date.parse(at), delay }))
    .filter((trip) => trip.at < toMs && availableAt(trip) >= fromMs)
    .map(availableAt);

async function expectReplay(project: Project, availableAt: (event: { at: number; delay: number }) => number) {
  const { target, recorded } = recordingTarget(availableAt);
  const result = await replay(project, { model: "late-trip", fromMs, toMs, target });
  expectOrder(recorded, known(availableAt));
  expect(result).toMatchObject({
    predictions: inRange.length,
    events: known(availableAt).length,
    labels: inRange.length,
  });
  expect(recorded.asked.map(({ atMs }) => atMs)).toEqual(inRange.map(({ at }) => Date.parse(at)));
  const wanted = inRange.map(({ at, delay }) => [Date.parse(at), delay > 5]);
  const told = [...recorded.labels].map(([id, label]) => [recorded.atById.get(id) as number, label] as const);
  expect(told.toSorted(([a], [b]) => a - b)).toEqual(wanted);
  return result;
}

test("everything is told in its time: after it could be known, before the next question that may use it", async () => {
  const result = await expectReplay(trained.project, afterTheTrip);
  expect(await latestReplay(trained.project, "late-trip", "default")).toEqual(result);
  const { counts, edgesMs } = result.latencyHistogram;
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(287);
  expect(edgesMs).toHaveLength(counts.length + 1);
});

test("an outcome that is known at once, before the next question, is told too", async () => {
  const availableAt = 'availableAt: (f) => f.at.plus("1h").plus(f.delay.atLeast(0).times(60_000)),';
  const config = edited(tripsConfig, availableAt, 'availableAt: (f) => f.at.plus("1m"),');
  await expectReplay(await trained.copyWith(config), ({ at }) => at + 60_000);
  await expectReplay(await trained.copyWith(edited(tripsConfig, availableAt, "")), ({ at }) => at);
});

test("a range without rows, and a source without a dataset", async () => {
  const { target } = recordingTarget(afterTheTrip);
  const later = { model: "late-trip", fromMs: fromMs + 1e12, toMs: toMs + 1e12, target };
  await expect(replay(trained.project, later)).rejects.toMatchObject({ code: "MW1111" });
  const unknown = { ...later, model: "late-tripp" };
  await expect(replay(trained.project, unknown)).rejects.toMatchObject({ code: "MW1101" });
});

test("a target that fails ends the replay with its error; a cancellation with MW0105", async () => {
  const { target } = recordingTarget(afterTheTrip);
  const request = { model: "late-trip", fromMs, toMs };
  let left = 20;
  const failing: ReplayTarget = {
    ...target,
    predict: async (...question) => {
      if (--left < 0) throw new RangeError("gone");
      return target.predict(...question);
    },
  };
  await expect(replay(trained.project, { ...request, target: failing, live: "failed" })).rejects.toThrow(
    "gone",
  );
  const cancelled = replay(trained.project, { ...request, target, live: "failed" }, AbortSignal.abort());
  await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
  expect(await latestReplay(trained.project, "late-trip", "failed")).toBeUndefined();
});
