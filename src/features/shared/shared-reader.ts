import { bindPositions, type Value } from "../../kernel/index.js";
import type { VectorPosition } from "../algebra/accumulator.js";
import type { WrittenView } from "./apply-events.js";
import type { Sequences } from "../online/due-events.js";
import { compileKey } from "../definition/entity-key.js";
import { featureCounts, lookupsOf, type FeatureSet } from "../definition/feature-set.js";
import { outOfStep } from "./out-of-step.js";
import { compilePlainFeatures } from "../online/plain-features.js";
import type {
  FeatureQuestion,
  FeatureReader,
  Seen,
  SeenLog,
  TileAnswer,
  TileRequest,
  TileStore,
} from "../ports.js";
import type { SharedWriter } from "./shared-writer.js";
import { entityRow } from "./stored-position.js";
import { latestOf, readMeta, seenOf, withSeen, type TileMeta } from "./tile-meta.js";
import { compileTileReads, type TileReads } from "./tile-reach.js";
import { compileWriteFeatures, type ReadTime, type Target, type WriteFeatures } from "./write-features.js";

export interface SharedReader extends FeatureReader {
  read(questions: readonly FeatureQuestion[]): Promise<Seen[]>;
}

export interface ReaderContext {
  readonly tiles: TileStore;
  readonly partition: string;
  readonly writer: SharedWriter;
}

/** One lookup of a feature set, compiled. */
interface SharedLookup {
  /** Index of the view among those of the set. */
  readonly view: number;
  readonly key: (values: readonly Value[]) => string | null;
  readonly at: VectorPosition;
}

interface ReadView extends WrittenView {
  readonly reads: (timeMs: number) => TileReads;
  readonly write: WriteFeatures;
}

/** One entity of a view, and where its features go. */
interface EntityRequest extends TileRequest {
  readonly view: number;
  readonly targets: Target[];
}

/** The requests of one read, equal ones once. */
interface Requests {
  readonly all: EntityRequest[];
  /** By question and lookup, the number of the request; −1 for none. */
  readonly of: Int32Array;
  /** By view, the lookups without a key. */
  readonly keyless: readonly Target[][];
}

/** What one fetch brought, and the time at which it is read. */
interface Found {
  readonly requests: Requests;
  /** By view. */
  readonly reads: readonly TileReads[];
  readonly answers: readonly TileAnswer[];
  readonly metas: readonly TileMeta[];
  /** Up to which numbers this process's own logs were applied before the fetch. */
  readonly sequences: Sequences;
  readonly asOfMs: number;
}

/** What a lookup without a key rests on. */
const noEvents: Readonly<Record<string, SeenLog>> = Object.freeze({});

/** Another writer may move on while this one reads; it does not do so for ever. */
const mostPasses = 16;

/** Compiles a feature set whose views a shared state holds. */
export function compileSharedReader(
  set: FeatureSet,
  written: readonly WrittenView[],
  context: ReaderContext,
): SharedReader {
  const { tiles, partition, writer } = context;
  const bind = bindPositions(Object.keys(set.request));
  const { lookups, views, next } = planLookups(set, written);
  const plain = compilePlainFeatures(set, bind);
  const width = lookups.length;

  /** Only the reader's own lookups count: whoever reads nothing needs no store. */
  const anchor = views[0]?.position;

  function requestsOf(questions: readonly FeatureQuestion[], reads: readonly TileReads[]): Requests {
    const all: EntityRequest[] = [];
    const of = new Int32Array(questions.length * width);
    const keyless = views.map((): Target[] => []);
    const known = views.map(() => new Map<string, number>());
    for (let q = 0, at = 0; q < questions.length; q++) {
      const { values, out } = questions[q];
      for (let l = 0; l < width; l++, at++) {
        const { view, key, at: place } = lookups[l];
        const entity = key(values);
        const target = { out, at: place };
        const number = entity === null ? -1 : known[view].get(entity);
        of[at] = number ?? all.length;
        if (entity === null) keyless[view].push(target);
        else if (number !== undefined) all[number].targets.push(target);
        else {
          known[view].set(entity, all.length);
          const { space } = views[view].stored;
          all.push({ space, key: entityRow(entity), fields: reads[view].fields, view, targets: [target] });
        }
      }
    }
    return { all, of, keyless };
  }

  async function fetch(requests: readonly TileRequest[]): Promise<TileAnswer[]> {
    const sequence = anchor?.storedSequence();
    if (anchor === undefined || sequence === undefined) return tiles.fetch(requests);
    const answers = await tiles.fetch([...requests, anchor.request]);
    anchor.checkBehind(answers.pop()?.meta, sequence);
    return answers;
  }

  const readsAt = (timeMs: number) => views.map(({ reads }) => reads(timeMs));

  async function read(questions: readonly FeatureQuestion[]): Promise<Seen[]> {
    let askedMs = writer.clockMs();
    for (const { timeMs } of questions) askedMs = Math.max(askedMs, timeMs);
    for (let pass = 0; pass < mostPasses; pass++) {
      await writer.reach(askedMs);
      const sequences = writer.appliedSequences();
      const reads = readsAt(askedMs);
      const requests = requestsOf(questions, reads);
      const answers = requests.all.length === 0 ? [] : await fetch(requests.all);
      const metas = readMetas(answers);
      let aheadMs = askedMs;
      for (const meta of metas) aheadMs = Math.max(aheadMs, latestOf(meta));
      // Nothing of this writer's own lies between the two times, and both need the same tiles.
      const serves =
        aheadMs === askedMs ||
        (writer.isFreeUntil(aheadMs) && readsAt(aheadMs).every((later, v) => later === reads[v]));
      if (aheadMs > askedMs) await writer.reach((askedMs = aheadMs));
      if (serves) return finish(questions, { requests, reads, answers, metas, sequences, asOfMs: aheadMs });
    }
    throw restless();
  }

  function finish(questions: readonly FeatureQuestion[], found: Found): Seen[] {
    const { requests, reads, answers, sequences, asOfMs } = found;
    const times = reads.map((own): ReadTime => ({ timeMs: asOfMs, reads: own }));
    requests.keyless.forEach((targets, v) => views[v].write(undefined, times[v], targets));
    requests.all.forEach(({ view, targets }, r) => views[view].write(answers[r], times[view], targets));
    const seen = seenBy(requests.all, found);
    const seenAt = (number: number) => (number < 0 ? noEvents : seen[number]);
    return questions.map(({ values, out }, q) => {
      plain.write(values, out, next);
      return { asOfMs, lookups: lookups.map((_, l) => seenAt(requests.of[q * width + l])), sequences };
    });
  }

  /** What each entity rests on: questions share it, and so do neighbours with one meta. */
  function seenBy(requests: readonly EntityRequest[], { metas, sequences, asOfMs }: Found) {
    const seen: Readonly<Record<string, SeenLog>>[] = [];
    requests.forEach(({ view }, r) => {
      const isSame = r > 0 && metas[r] === metas[r - 1] && view === requests[r - 1].view;
      const { source } = views[view].stored.view;
      const own = { sequence: sequences[source.name] ?? 0, beforeMs: asOfMs };
      seen.push(isSame ? seen[r - 1] : restsOn(metas[r], partition, own));
    });
    return seen;
  }

  return Object.freeze({
    numberCount: next.number + plain.numbers.length,
    textCount: next.text + plain.texts.length,
    read,
  });
}

function planLookups(set: FeatureSet, written: readonly WrittenView[]) {
  const bind = bindPositions(Object.keys(set.request));
  const next = { number: 0, text: 0 };
  const views: ReadView[] = [];
  const lookups = lookupsOf(set).map(({ view, keys }): SharedLookup => {
    let index = views.findIndex(({ stored }) => stored.view.hash === view.hash);
    if (index < 0) {
      const found = written.find(({ stored }) => stored.view.hash === view.hash);
      if (found === undefined) throw new TypeError(`the shared state does not hold view "${view.name}"`);
      index = views.length;
      const reads = compileTileReads(found.stored.tilePlan, found.stored.span);
      views.push({ ...found, reads, write: compileWriteFeatures(found.stored) });
    }
    const at: VectorPosition = { ...next };
    const counts = featureCounts(view);
    next.number += counts.number;
    next.text += counts.text;
    return { view: index, key: compileKey(keys, bind), at };
  });
  return { lookups, views, next };
}

/** Reads the metas of one fetch. Neighbours with one text, as entities are that only a load wrote, share one. */
function readMetas(answers: readonly TileAnswer[]): TileMeta[] {
  const metas: TileMeta[] = [];
  answers.forEach(({ meta }, i) => {
    metas.push(i > 0 && meta === answers[i - 1].meta ? metas[i - 1] : readMeta(meta));
  });
  return metas;
}

/**
 * What a lookup rests on. This process's own log is applied up to `sequences` before `asOfMs`, whatever
 * the entity's meta says, unless that is further on already: then a later turn, or an earlier life, wrote it.
 */
function restsOn(meta: TileMeta, partition: string, applied: SeenLog): Readonly<Record<string, SeenLog>> {
  const own = seenOf(meta, partition);
  return own !== undefined && own.sequence > applied.sequence ? meta : withSeen(meta, partition, applied);
}

function restless() {
  return outOfStep({
    expected: "the clocks of other writers to stand still for one round trip",
    found: `a later one in each of ${mostPasses} attempts`,
    remedy: "See that no process asks for features of the far future; the next read tries again.",
  });
}
