import { compileRecord, errorTable, t, type Problem, type Schema } from "../../kernel/index.js";
import { statisticsRecorder } from "../../inference/index.js";
import type { LiveProject, Prediction, Refusal } from "../../lifecycle/index.js";

/** Stand-ins for the codes that a real project raises. */
export const projectErrors = errorTable({
  MW9901: { title: "bad request", exit: 2, http: 400, about: "A request does not fit its schema." },
  MW9902: { title: "unknown prediction", exit: 2, http: 404, about: "A label for no known prediction." },
  MW9904: { title: "disk full", exit: 3, http: 507, about: "A fault of the project." },
  MW9905: { title: "too much", exit: 3, http: 429, about: "More than the project takes at once." },
  MW9903: { title: "unknown source", exit: 2, http: 404, about: "Events of no known source." },
});

const requestSchema = {
  origin: t.string(),
  carrier: t.string().oneOf("AA", "DL").optional(),
  distance: t.int().between(1, 6000),
  load: t.float().between(0, 1).optional(),
  charter: t.bool().optional(),
  date: t.timestamp().between("2001-01-01", "2002-01-01"),
} satisfies Schema;

const eventSchema = { date: t.timestamp(), origin: t.string(), delay: t.int().optional() } satisfies Schema;

export const flight = Object.freeze({ origin: "JFK", distance: 2586, date: "2001-06-01T10:00:00Z" });

export interface FixtureProject extends LiveProject {
  /** Predictions made and labels and events taken so far. */
  readonly taken: { readonly predictions: number; readonly labels: number; readonly events: number };
  /** Makes predictions (for one origin, or for all) wait until the returned function is called. */
  hold(origin?: string): () => void;
  /** Makes the next prediction one that something else answers. */
  standIn(fallback: NonNullable<Prediction["fallback"]>): void;
  /** The signal and the deadline that the last prediction came with. */
  patience(): Parameters<LiveProject["predict"]>[2];
  /** Resolves once this many predictions have begun. */
  begun(count: number): Promise<void>;
  notReady(...reasons: string[]): void;
  /** Makes the next call of any method fail with this. */
  failWith(error: unknown): void;
  /** Makes a call fail after so many that do not. */
  failAfter(calls: number, error: unknown): void;
}

/** A project in memory: probability = distance / 6000, ids count up. Small enough to be right by reading. */
export function fixtureProject(): FixtureProject {
  const parseRequest = compileRecord(requestSchema);
  const parseEvent = compileRecord(eventSchema);
  const taken = { predictions: 0, labels: 0, events: 0, accepted: 0 };
  let begun = 0;
  let waiters: { readonly count: number; readonly resolve: () => void }[] = [];
  let held: { readonly origin: string | undefined; readonly released: Promise<void> } | undefined;
  let fallback: Prediction["fallback"];
  let patience: Parameters<LiveProject["predict"]>[2];
  let failure: { readonly error: unknown; calls: number } | undefined;
  let reasons: readonly string[] = [];
  const failOnce = () => {
    if (failure === undefined || failure.calls-- > 0) return;
    const { error } = failure;
    failure = undefined;
    throw error;
  };
  const countBegun = () => {
    begun++;
    for (const { count, resolve } of waiters) if (begun >= count) resolve();
    waiters = waiters.filter(({ count }) => count > begun);
  };
  return {
    name: "flights",
    models: [
      {
        name: "arrival-delay",
        version: "3",
        packageId: "ab".repeat(32),
        request: requestSchema,
        predicts: "the probability that delay > 15",
        task: "binary",
      },
    ],
    sources: [{ name: "flights", schema: eventSchema }],
    taken,
    statistics: () => statisticsRecorder().statistics(0),
    async swap() {
      throw new Error("the fixture has one version");
    },
    async predict(model, request, options) {
      failOnce();
      patience = options;
      countBegun();
      const parsed = parseRequest(request);
      if (!parsed.ok) throw badRequest(parsed.problems);
      if (held !== undefined && (held.origin ?? parsed.values[0]) === parsed.values[0]) await held.released;
      const id = `p${++taken.predictions}`;
      return {
        id,
        model,
        version: "3",
        probability: (parsed.values[2] as number) / 6000,
        ...(fallback && { fallback }),
      } satisfies Prediction;
    },
    feedback(items) {
      failOnce();
      const rejected = items.flatMap((item, index): Refusal[] =>
        knows(item, taken.predictions) ? [] : [unknown(index)],
      );
      taken.labels += items.length - rejected.length;
      return Promise.resolve({ accepted: items.length - rejected.length, rejected });
    },
    async ingest(source, events) {
      failOnce();
      if (source !== "flights") throw fact("MW9903", "flights", source);
      const quarantined = events.flatMap((event, index) => {
        const parsed = parseEvent(event);
        return parsed.ok
          ? []
          : [{ index, reasons: parsed.problems.map(({ field, expected }) => `${field}: ${expected}`) }];
      });
      const accepted = events.length - quarantined.length;
      const first = taken.accepted + 1;
      taken.events += events.length;
      taken.accepted += accepted;
      const sequence = accepted === 0 ? null : { first, last: taken.accepted };
      return Promise.resolve({ accepted, duplicates: 0, quarantined, warned: [], sequence });
    },
    keepUp: () => Promise.resolve(),
    readiness: () => ({ ready: reasons.length === 0, reasons }),
    close: () => Promise.resolve(),
    standIn: (by) => (fallback = by),
    patience: () => patience,
    hold(origin) {
      let release = (): void => undefined;
      held = { origin, released: new Promise((resolve) => (release = resolve)) };
      return () => {
        held = undefined;
        release();
      };
    },
    begun: (count) =>
      begun >= count ? Promise.resolve() : new Promise((resolve) => waiters.push({ count, resolve })),
    notReady: (...why) => (reasons = why),
    failWith: (error) => (failure = { error, calls: 0 }),
    failAfter: (calls, error) => (failure = { error, calls }),
  };
}

const fact = (code: keyof typeof projectErrors.rows, expected: string, found: string) =>
  projectErrors.error(code, { expected, found, remedy: "Mend it." });

const badRequest = (problems: readonly Problem[]) =>
  projectErrors.error("MW9901", {
    expected: "a request that fits its schema",
    found: problems.map(({ field }) => field).join(", "),
    remedy: "Mend the fields.",
    details: { problems },
  });

const unknown = (index: number): Refusal => ({
  index,
  error: fact("MW9902", "the id of a prediction", "another"),
});

function knows(item: unknown, predictions: number): boolean {
  if (typeof item !== "object" || item === null || !("id" in item) || !("label" in item)) return false;
  const match = /^p(\d+)$/.exec(String(item.id));
  return match !== null && Number(match[1]) <= predictions && typeof item.label === "boolean";
}
