import type { FeatureState } from "../../src/features/ports.js";
import type { NaiveKind } from "../../src/features/proof/naive-features.testing.js";
import { kinds } from "../../src/features/proof/random-features.testing.js";
import { compare, expectedColumns, type Tally } from "./compare.js";
import { tell } from "./told.js";
import { worldOf, type World } from "./world.js";

/** A store of features that is to be compared. */
export interface ParityStore {
  readonly name: string;
  /** An empty state for a world's views. */
  open(world: World, seed: number): Promise<{ readonly state: FeatureState; close(): Promise<void> }>;
}

export interface ParityOptions {
  /** Reads to make, at least: a read is one windowed feature of one question. */
  readonly reads: number;
  /** Worlds are numbered from here, with this step between them. */
  readonly seed: number;
  readonly step?: number;
  readonly questionsPerWorld?: number;
  readonly onWorld?: (reads: number) => void;
}

export interface ParityResult extends Tally {
  readonly store: string;
  readonly aggregations: Readonly<Record<NaiveKind, Tally>>;
  readonly worlds: number;
  /** The first of them, in words. */
  readonly examples: readonly string[];
}

const nothing = (): Tally => ({ reads: 0, present: 0, mismatches: 0, oracleReads: 0 });

/** How many examples of mismatches are kept. */
const mostExamples = 5;

/** About so many questions of each world are also answered by the definition in plain loops. */
const oraclePerWorld = 16;

/**
 * Asks a store about random worlds, one after the other, and compares every answer bit by bit with a fold of
 * what it rests on, and a slice of them with the naive oracle.
 */
export async function runParity(store: ParityStore, options: ParityOptions): Promise<ParityResult> {
  const { reads, seed, step = 1, questionsPerWorld = 1_500, onWorld } = options;
  const aggregations = Object.fromEntries(kinds.map((kind) => [kind, nothing()])) as Record<NaiveKind, Tally>;
  const examples: string[] = [];
  const total = nothing();
  let worlds = 0;
  for (; total.reads < reads; worlds++) {
    const worldSeed = seed + worlds * step;
    const world = worldOf(worldSeed, { events: 2 * questionsPerWorld, questions: questionsPerWorld });
    const opened = await store.open(world, worldSeed);
    try {
      const telling = await tell(world, opened.state);
      const every = Math.max(1, Math.ceil(telling.told.length / oraclePerWorld));
      compare(telling.told, await expectedColumns(world, telling, every), {
        tallyOf: (kind) => aggregations[kind],
        report: (mismatch) => {
          if (examples.length < mostExamples) examples.push(`world ${worldSeed}: ${mismatch}`);
        },
      });
    } finally {
      await opened.close();
    }
    Object.assign(total, sumOf(Object.values(aggregations)));
    onWorld?.(total.reads);
  }
  return { store: store.name, ...total, worlds, aggregations, examples };
}

/** The tallies together. */
function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, tally) => ({
      reads: sum.reads + tally.reads,
      present: sum.present + tally.present,
      mismatches: sum.mismatches + tally.mismatches,
      oracleReads: sum.oracleReads + tally.oracleReads,
    }),
    nothing(),
  );
}
