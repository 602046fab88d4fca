import { requestOf, setOf } from "../../src/features/online/online-steps.testing.js";
import type { FeatureQuestion, FeatureState, LoggedEvent, Seen } from "../../src/features/ports.js";
import { valuesOf, type LoggedRow } from "../../src/features/proof/random-rows.testing.js";
import type { Question } from "../../src/features/definition/random-views.testing.js";
import type { World } from "./world.js";

/** An answer as it came: the vector, and what it rests on. */
export interface Told {
  readonly question: Question;
  readonly numbers: Float32Array;
  readonly texts: readonly string[];
  readonly seen: Seen;
}

/** One event of a source's log, and the number of answers that were given before it was added. */
export interface Added {
  readonly logged: LoggedRow;
  readonly sequence: number;
}

export interface Telling {
  readonly told: readonly Told[];
  /** By source. */
  readonly added: readonly (readonly Added[])[];
}

/** Questions that are answered together, and events that are added together, at most. */
const batch = 64;

/** Tells a state what happens, and asks it; some events twice, as a log is read again after a restart. */
export async function tell(world: World, state: FeatureState): Promise<Telling> {
  const { sources, happenings } = world;
  const set = setOf(sources);
  const reader = state.reader(set);
  const told: Told[] = [];
  const added = sources.map((): Added[] => []);
  const waiting = sources.map((): LoggedEvent[] => []);
  let asked: Question[] = [];

  async function addWaiting(): Promise<void> {
    for (const [s, events] of waiting.entries()) {
      if (events.length === 0) continue;
      await state.add(sources[s].source.name, events);
      // What it has already is skipped.
      if (told.length % 7 === 0) await state.add(sources[s].source.name, events.slice(-3));
      waiting[s] = [];
    }
  }

  async function answerAsked(): Promise<void> {
    const questions = asked.map((question): FeatureQuestion => {
      const numbers = new Float32Array(reader.numberCount).fill(-7);
      const texts = new Array<string>(reader.textCount).fill("untouched");
      return { values: requestOf(set, sources, question), timeMs: question.timeMs, out: { numbers, texts } };
    });
    const seen = await reader.read(questions);
    questions.forEach(({ out }, i) => told.push({ question: asked[i], ...out, seen: seen[i] }));
    asked = [];
  }

  for (const happening of happenings) {
    if (happening.kind === "event") {
      if (asked.length > 0) await answerAsked();
      const { source, sequence, logged } = happening;
      added[source].push({ logged, sequence });
      waiting[source].push({ sequence, receivedMs: logged.receivedMs, values: valuesOf(logged.row) });
      if (waiting[source].length === batch) await addWaiting();
    } else {
      await addWaiting();
      asked.push(happening.question);
      if (asked.length === batch) await answerAsked();
    }
  }
  if (asked.length > 0) await answerAsked();
  return { told, added };
}
