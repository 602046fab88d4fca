import type { EventSource } from "../../data/index.js";
import type { FeatureSpace, RecordedEvents, View } from "../../features/index.js";
import { compareInShadow, type ShadowComparison } from "./compare-in-shadow.js";
import { configuredViews, requireNamesOnce, unknownView } from "./configured-views.js";
import { lifecycleErrors } from "../errors.js";
import { keepServed, spaceName } from "./feature-spaces.js";
import { fillFeatures, readLogsOf, type Filled, type ReadLogs } from "./fill-features.js";
import type { SourceLogs } from "../live/live-logs.js";
import type { Project } from "../project.js";
import { recordedEvents, requireLive } from "../live/recorded-events.js";

export interface BackfillRequest {
  /** Default `"default"`. */
  readonly live?: string;
  /** Only this view; by default every view of the configured models. */
  readonly view?: string;
}

/** What became of one view. */
export interface BackfilledView extends Partial<ShadowComparison> {
  readonly view: string;
  /** Names the definition and the history that the state stands on. */
  readonly space: string;
  readonly outcome:
    /** It was active already; nothing was done. */
    | "unchanged"
    /** It is active now. */
    | "switched"
    /** Some view differs from a fold from scratch: nothing was switched. */
    | "differs"
    /** Somebody else changed its state meanwhile: nothing was switched. */
    | "overtaken";
  /** The last record of its source's log when it was filled, and when it was caught up. */
  readonly filledTo?: number;
  readonly caughtUpTo?: number;
}

export interface Backfill {
  readonly live: string;
  readonly views: readonly BackfilledView[];
}

/** A view that is to become active. */
interface Waiting {
  readonly view: View;
  readonly log: SourceLogs;
  readonly space: FeatureSpace & { readonly state: "building" };
}

/**
 * Fills the state of views that are not active in a live state yet, beside whoever serves: from the history,
 * at a number of the log, and then up to its end. Some reads are compared with a fold from scratch; only if
 * none differs, the views become active, all in one step, and the versions before them are kept as retired. A
 * process that dies leaves what was active; the same call begins again. Throws MW1125, MW1126 and MW1128.
 */
export async function backfillFeatures(
  project: Project,
  { live = "default", view: name }: BackfillRequest,
  signal?: AbortSignal,
): Promise<Backfill> {
  await requireLive(project, live);
  const configured = configuredViews(project);
  requireNamesOnce(configured);
  const views = configured.map(({ view }) => view);
  const wanted = name === undefined ? views : views.filter((view) => view.name === name);
  if (wanted.length === 0 && name !== undefined)
    throw unknownView(
      name,
      views.map((view) => view.name),
    );
  const logs = await readLogsOf(project, live);
  const spaces = await project.spaces.list(live);
  const all = wanted.map((view) => waitingFor(project, { live, view, logs }));
  const waiting = all.filter(
    ({ space }) => !spaces.some((one) => isSame(one, space) && one.state === "active"),
  );
  const done =
    waiting.length === 0 ? [] : await fillAndSwitch(project, { logs, views, waiting, spaces }, signal);
  return {
    live,
    views: all.map(({ view, space }) => {
      const unchanged = { view: view.name, space: space.name, outcome: "unchanged" as const };
      return done.find((one) => one.view === view.name) ?? unchanged;
    }),
  };
}

const isSame = (a: FeatureSpace, b: FeatureSpace) => a.view === b.view && a.name === b.name;

function waitingFor(
  { clock }: Project,
  { live, view, logs }: { readonly live: string; readonly view: View; readonly logs: ReadLogs },
): Waiting {
  const log = logs.sources.find(({ source }) => source.name === view.source.name) as SourceLogs;
  const nowMs = clock.nowMs();
  return {
    view,
    log,
    space: {
      ...{
        live,
        view: view.name,
        name: spaceName(view, log.start),
        hash: view.hash,
        definition: view.definition,
      },
      ...{ state: "building", sequence: 0, checkpoint: null, compared: 0, mismatches: 0 },
      ...{ startedAtMs: nowMs, changedAtMs: nowMs },
    },
  };
}

interface Backfilling {
  readonly logs: ReadLogs;
  /** All views of the configured models: memory is filled as a whole. */
  readonly views: readonly View[];
  readonly waiting: readonly Waiting[];
  /** What the live state had before. */
  readonly spaces: readonly FeatureSpace[];
}

async function fillAndSwitch(
  project: Project,
  { logs, views, waiting, spaces }: Backfilling,
  signal?: AbortSignal,
): Promise<BackfilledView[]> {
  const { clock } = project;
  const tiles = project.openTiles?.();
  try {
    for (const { space } of waiting) await project.spaces.save(space);
    const held = tiles === undefined ? views : waiting.map(({ view }) => view);
    const filled = await fillFeatures(project, { logs, views: held, tiles }, signal);
    const eventsOf = rememberedEvents(project, logs.live);
    const compared: BackfilledView[] = [];
    for (const one of waiting) {
      const active = spaces.find(({ view, state }) => view === one.view.name && state === "active");
      compared.push(reportOf(one, filled, await compare(project, { one, filled, active, eventsOf }, signal)));
    }
    const differs = compared.some(({ mismatches }) => mismatches !== 0);
    for (const [i, { space }] of waiting.entries()) {
      const { compared: reads = 0, mismatches = 0, filledTo: sequence = 0 } = compared[i];
      // A state of which a part is wrong is kept for nobody.
      const checkpoint = differs ? null : filled.checkpoint;
      await project.spaces.save({
        ...{ ...space, state: "shadow", sequence, checkpoint },
        ...{ compared: reads, mismatches, changedAtMs: clock.nowMs() },
      });
    }
    if (differs) return compared;
    const names = new Set(waiting.map(({ view }) => view.name));
    const retiring = spaces.filter(({ view, state }) => state === "active" && names.has(view));
    await keepServed(project, logs.live, retiring);
    const step = { from: "shadow", atMs: clock.nowMs() } as const;
    const done = await project.spaces.activate(
      logs.live,
      waiting.map(({ space }) => space),
      step,
    );
    return compared.map((one) => ({ ...one, outcome: done ? "switched" : "overtaken" }));
  } finally {
    await tiles?.close();
  }
}

function reportOf({ view, space }: Waiting, filled: Filled, comparison: ShadowComparison): BackfilledView {
  const { name } = view.source;
  return {
    view: view.name,
    space: space.name,
    outcome: "differs",
    filledTo: filled.filled.get(name) ?? 0,
    caughtUpTo: filled.caughtUp.get(name) ?? 0,
    ...comparison,
  };
}

type EventsOf = (source: EventSource, logs: readonly string[]) => Promise<RecordedEvents>;

/** Views of one source share what is read of it. */
function rememberedEvents(project: Project, live: string): EventsOf {
  const known = new Map<string, Promise<RecordedEvents>>();
  return (source, logs) => {
    const key = JSON.stringify([source.name, logs]);
    const events = known.get(key) ?? recordedEvents(project, source, { live, logs });
    known.set(key, events);
    return events;
  };
}

interface Comparing {
  readonly one: Waiting;
  readonly filled: Filled;
  readonly active: FeatureSpace | undefined;
  readonly eventsOf: EventsOf;
}

function compare(
  { clock }: Project,
  { one: { view, log, space }, filled, active, eventsOf }: Comparing,
  signal?: AbortSignal,
): Promise<ShadowComparison> {
  const state = filled.features.state();
  // Where time is what requests say, a comparison must not be ahead of the next one.
  const atMs = Math.max(state.clockMs(), log.start.asOf ? log.start.beforeMs : clock.nowMs());
  const { source } = view;
  return compareInShadow(
    { live: space.live, view, state, atMs, active, eventsOf: (logs) => eventsOf(source, logs) },
    signal,
  );
}

/** A view whose earlier version is active again. */
export interface RolledBackView {
  readonly live: string;
  readonly view: string;
  /** The space that is active now, and the one that was. */
  readonly active: string;
  readonly retired: string | null;
}

/**
 * Makes the version of a view active that was retired last. Throws MW1126 for an unknown view and MW1127 when
 * none was retired.
 */
export async function rollBackView(
  project: Project,
  { live = "default", view: name }: { readonly live?: string; readonly view: string },
): Promise<RolledBackView> {
  const spaces = await project.spaces.list(live);
  const names = [...spaces.map(({ view }) => view), ...configuredViews(project).map(({ view }) => view.name)];
  if (!names.includes(name)) throw unknownView(name, names);
  const own = spaces.filter(({ view }) => view === name);
  const active = own.find(({ state }) => state === "active");
  const before = own.find(({ state }) => state === "retired");
  const step = { from: "retired", atMs: project.clock.nowMs() } as const;
  if (before !== undefined && (await project.spaces.activate(live, [before], step))) {
    return { live, view: name, active: before.name, retired: active?.name ?? null };
  }
  throw lifecycleErrors.error("MW1127", {
    expected: `a retired version of view "${name}" in live state "${live}"`,
    found:
      own.length === 0 ? "no version of it" : own.map(({ name, state }) => `${name} ${state}`).join(", "),
    remedy: "A version is retired when millwright features backfill puts another one in its place.",
    details: { view: name, live },
  });
}
