import type { FeedbackReceipt, LiveProject, ModelHost } from "../../lifecycle/index.js";
import { isMillwrightError } from "../../kernel/index.js";
import { errorOf, type Member } from "./member.js";
import type { Answer } from "./messages.js";

/** What the workers of a crew have in common. */
export interface SharedDoors {
  readonly live: LiveProject;
  readonly host: ModelHost;
  /** The metrics of this process, for one that adds them up. */
  readonly metrics: () => Promise<unknown>;
}

/**
 * Loads and unloads in all workers at once, whichever is asked, and takes labels of predictions that another worker
 * made. Answers the other workers from now on, and catches up with what they did before.
 */
export async function shareDoors(
  member: Member,
  { live, host, metrics }: SharedDoors,
): Promise<Pick<SharedDoors, "live" | "host">> {
  const loads = twoHalves(host);
  // What comes now waits for what was before, or an old change would undo a new one.
  const caughtUp = member.history().then(async (changes) => {
    for (const change of changes) {
      if (change.kind === "load") await host.load(change.model, change.version);
      else await host.unload(change.model);
    }
  });
  member.answer(async (order) => {
    if (order.kind === "metrics") return metrics();
    if (order.kind === "feedback") return acceptedOf(await live.feedback(order.items), order.items.length);
    await caughtUp;
    if (order.kind === "load") return loads.begin(order.model, order.version);
    if (order.kind === "settle") return loads.settle(order.agreed);
    return host.unload(order.model);
  });
  await caughtUp;
  return {
    live: {
      name: live.name,
      sources: live.sources,
      get models() {
        return live.models;
      },
      predict: (model, request, options) => live.predict(model, request, options),
      breakerState: (model) => live.breakerState?.(model),
      statistics: (model) => live.statistics(model),
      swap: (...asked) => live.swap(...asked),
      ingest: (source, events) => live.ingest(source, events),
      readiness: () => live.readiness(),
      keepUp: () => live.keepUp(),
      close: () => live.close(),
      feedback: (items) => feedback(member, live, items),
    },
    host: {
      index: () => host.index(),
      ready: () => host.ready(),
      find: (name, version) => host.find(name, version),
      close: () => host.close(),
      async load(name, version) {
        requireAll(
          await member.ask({ kind: "load", model: name, ...(version === undefined ? {} : { version }) }),
        );
        return host.find(name);
      },
      async unload(name) {
        requireAll(await member.ask({ kind: "unload", model: name }));
      },
    },
  };
}

/** Loads of a host in two halves, one load at a time. */
function twoHalves(host: ModelHost) {
  let settling: (agreed: boolean) => Promise<unknown> = () => Promise.resolve();
  return {
    /** Resolves with the version once it could answer; it waits to be settled. Throws what loading throws. */
    begin: (model: string, version: string | undefined): Promise<string> =>
      new Promise((loaded, failed) => {
        const verdict = new Promise<boolean>((settle) => {
          settling = (agreed) => {
            settle(agreed);
            return loading;
          };
        });
        const loading = host.load(model, version, async (found) => {
          loaded(found);
          if (!(await verdict)) throw new Error(`another worker cannot load "${model}"`);
        });
        loading.catch(failed);
      }),
    /** The second half: the version answers from now on, or is thrown away. */
    async settle(agreed: boolean): Promise<void> {
      if (agreed) await settling(true);
      else await settling(false).catch(() => undefined);
    },
  };
}

/** Throws the first error of another worker. */
function requireAll(answers: readonly Answer[]): void {
  const failed = answers.find((answer) => !answer.ok);
  if (failed !== undefined) throw errorOf(failed);
}

/** Which of the items were accepted. */
function acceptedOf({ rejected }: FeedbackReceipt, count: number): readonly boolean[] {
  const refused = new Set(rejected.map(({ index }) => index));
  return Array.from({ length: count }, (_, index) => !refused.has(index));
}

/** Labels of predictions that this worker does not know go to the others. */
async function feedback(
  member: Member,
  live: LiveProject,
  items: readonly unknown[],
): Promise<FeedbackReceipt> {
  const own = await live.feedback(items);
  const strange = own.rejected.filter(({ error }) => isMillwrightError(error, "MW1104"));
  if (strange.length === 0) return own;
  const answers = await member.ask({ kind: "feedback", items: strange.map(({ index }) => items[index]) });
  const taken = new Set<number>();
  for (const answer of answers) {
    if (!answer.ok) continue;
    (answer.value as readonly boolean[]).forEach((accepted, i) => accepted && taken.add(strange[i].index));
  }
  return {
    accepted: own.accepted + taken.size,
    rejected: own.rejected.filter(({ index }) => !taken.has(index)),
  };
}
