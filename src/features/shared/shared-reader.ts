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
import { latestOf, readMeta, seenOf, type TileMeta } from "./tile-meta.js";
import { compileTileReads, type TileReads } from "./tile-reach.js";
import { compileWriteFeatures, type Target, type WriteFeatures } from "./write-features.js";

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

/** The requests of one read, equal ones once. */
interface Requests {
  readonly all: TileRequest[];
  /** By question and lookup, the number of the request; −1 for none. */
  readonly of: Int32Array;
  /** By request, the view. */
  readonly views: number[];
}

/** What one fetch brought, and the time at which it is read. */
interface Found {
  readonly requests: Requests;
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

  function requestsAt(questions: readonly FeatureQuestion[], timeMs: number): Requests {
    const requests: Requests = { all: [], of: new Int32Array(questions.length * width), views: [] };
    const known = views.map(() => new Map<string, number>());
    for (let q = 0; q < questions.length; q++) {
      for (let l = 0; l < width; l++) {
        const { view, key } = lookups[l];
        const entity = key(questions[q].values);
        requests.of[q * width + l] =
          entity === null ? -1 : request(requests, { known: known[view], view, entity, timeMs });
      }
    }
    return requests;
  }

  function request(
    { all, views: viewOf }: Requests,
    {
      known,
      view,
      entity,
      timeMs,
    }: { known: Map<string, number>; view: number; entity: string; timeMs: number },
  ): number {
    let number = known.get(entity);
    if (number === undefined) {
      number = all.length;
      known.set(entity, number);
      viewOf.push(view);
      const { stored, reads } = views[view];
      all.push({ space: stored.space, key: entityRow(entity), fields: reads(timeMs).fields });
    }
    return number;
  }

  async function fetch(requests: readonly TileRequest[]): Promise<TileAnswer[]> {
    const sequence = anchor?.storedSequence();
    if (anchor === undefined || sequence === undefined) return tiles.fetch(requests);
    const answers = await tiles.fetch([...requests, anchor.request]);
    anchor.checkBehind(answers.pop()?.meta, sequence);
    return answers;
  }

  const sameTiles = (fromMs: number, toMs: number) =>
    views.every(({ reads }) => reads(fromMs) === reads(toMs));

  async function read(questions: readonly FeatureQuestion[]): Promise<Seen[]> {
    let askedMs = writer.clockMs();
    for (const { timeMs } of questions) askedMs = Math.max(askedMs, timeMs);
    for (let pass = 0; pass < mostPasses; pass++) {
      await writer.reach(askedMs);
      const sequences = writer.appliedSequences();
      const requests = requestsAt(questions, askedMs);
      const answers = requests.all.length === 0 ? [] : await fetch(requests.all);
      const metas = answers.map(({ meta }) => readMeta(meta));
      const aheadMs = Math.max(askedMs, ...metas.map(latestOf));
      // Nothing of this writer's own lies between the two times, and both need the same tiles.
      const serves = aheadMs === askedMs || (writer.isFreeUntil(aheadMs) && sameTiles(askedMs, aheadMs));
      if (aheadMs > askedMs) await writer.reach((askedMs = aheadMs));
      if (serves) return finish(questions, { requests, answers, metas, sequences, asOfMs: aheadMs });
    }
    throw restless();
  }

  function finish(questions: readonly FeatureQuestion[], found: Found): Seen[] {
    const { requests, answers, metas, sequences, asOfMs } = found;
    const targets = answers.map((): Target[] => []);
    questions.forEach(({ out }, q) => {
      for (let l = 0; l < width; l++) {
        const number = requests.of[q * width + l];
        const target = { out, at: lookups[l].at };
        if (number >= 0) targets[number].push(target);
        else views[lookups[l].view].write(undefined, asOfMs, [target]);
      }
    });
    answers.forEach((answer, r) => views[requests.views[r]].write(answer, asOfMs, targets[r]));
    // Once for each entity: questions share it.
    const seen = metas.map((meta, r) => {
      const { source } = views[requests.views[r]].stored.view;
      return seenBy(meta, { partition, sequence: sequences[source.name] ?? 0, beforeMs: asOfMs });
    });
    const seenAt = (number: number) => (number < 0 ? noEvents : seen[number]);
    return questions.map(({ values, out }, q) => {
      plain.write(values, out, next);
      return { asOfMs, lookups: lookups.map((_, l) => seenAt(requests.of[q * width + l])), sequences };
    });
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
      views.push({ ...found, reads, write: compileWriteFeatures(found.stored, reads) });
    }
    const at: VectorPosition = { ...next };
    const counts = featureCounts(view);
    next.number += counts.number;
    next.text += counts.text;
    return { view: index, key: compileKey(keys, bind), at };
  });
  return { lookups, views, next };
}

/**
 * What a lookup rests on. This process's own log is applied up to `sequences` before `asOfMs`, whatever
 * the entity's meta says, unless that is further on already: then a later turn, or an earlier life, wrote it.
 */
function seenBy(
  meta: TileMeta,
  { partition, sequence, beforeMs }: SeenLog & { readonly partition: string },
): Readonly<Record<string, SeenLog>> {
  const own = seenOf(meta, partition);
  if (own !== undefined && own.sequence > sequence) return meta;
  return { ...meta, [partition]: { sequence, beforeMs } };
}

function restless() {
  return outOfStep({
    expected: "the clocks of other writers to stand still for one round trip",
    found: `a later one in each of ${mostPasses} attempts`,
    remedy: "See that no process asks for features of the far future; the next read tries again.",
  });
}
