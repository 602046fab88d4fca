import { createAccumulator } from "../algebra/accumulator.js";
import type { KeyCodes } from "../definition/entity-key.js";
import type { AskedRows, FoldOutput } from "./fold.js";
import type { EventFile, WindowEngine, WindowRequest, WindowStrategy } from "../ports.js";
import { cellPlaces, planTiles, windowSlots, type WindowPlan } from "../algebra/tile-plan.js";
import type { View } from "../definition/view.js";
import { hopMs, lowerBoundMs } from "../definition/window.js";

/** What is asked of one view whose events lie in a file. */
export interface StoredFold {
  readonly view: View;
  readonly file: EventFile;
  readonly asked: AskedRows;
  readonly lookups: readonly { readonly keys: KeyCodes; readonly out: FoldOutput }[];
}

export interface AddingUp {
  readonly engine: WindowEngine;
  readonly strategy: WindowStrategy;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Answers every question by windows that an engine adds up; features are finished here, by the accumulator
 * that `fold` uses. False when the engine is not certain of a value: then nothing counts, and `fold` decides.
 */
export async function answerByEngine(stored: StoredFold, adding: AddingUp): Promise<boolean> {
  for (const lookup of stored.lookups) {
    if (!(await answerLookup(stored, lookup, adding))) return false;
  }
  return true;
}

async function answerLookup(
  { view, file, asked }: StoredFold,
  { keys, out }: StoredFold["lookups"][number],
  { engine, strategy, signal }: AddingUp,
): Promise<boolean> {
  const { windows } = planTiles(view.plan);
  const timeMs = askedTimes(asked);
  const slots = windows.map((window) => windowSlots(view.plan, window));
  const answers = await engine.addUp(
    {
      view,
      file,
      strategy,
      ...askedKeys(keys, timeMs),
      windows: windows.map(({ windowMs }, w) => ({
        windowMs,
        hopMs: hopMs(windowMs),
        slots: slots[w],
        lowMs: timeMs.map((time) => lowerBoundMs(time, windowMs)),
      })),
    },
    signal,
  );
  if (answers === undefined) return false;
  const places = slots.map((ofWindow) => cellPlaces(view.plan, ofWindow));
  finish(view, { windows, places, answers }, { asked, out });
  return true;
}

/** The keys that are asked for, and the questions by them: a dictionary may hold many others. */
function askedKeys(
  { codes, texts }: KeyCodes,
  timeMs: Float64Array,
): Pick<WindowRequest, "keys" | "questions"> {
  const numberOf = new Int32Array(texts.length).fill(-1);
  const keys: string[] = [];
  const numbers = codes.map((code, row) => {
    if (code < 0 || Number.isNaN(timeMs[row])) return -1;
    if (numberOf[code] < 0) numberOf[code] = keys.push(texts[code]) - 1;
    return numberOf[code];
  });
  return { keys, questions: { codes: numbers, timeMs } };
}

/** The times of the rows that ask; NaN for the others. */
function askedTimes({ timeMs, askedAt }: AskedRows): Float64Array {
  return timeMs.map((time, row) => (Number.isNaN(askedAt[row]) ? NaN : time));
}

interface AddedUp {
  readonly windows: readonly WindowPlan[];
  readonly places: readonly (readonly number[])[];
  readonly answers: readonly Float64Array[];
}

const start = { number: 0, text: 0 };

function finish(
  view: View,
  { windows, places, answers }: AddedUp,
  { asked, out }: { asked: AskedRows; out: FoldOutput },
): void {
  const accumulator = createAccumulator(view.plan);
  const vector = { numbers: new Float32Array(out.numbers.length), texts: [] };
  for (const row of asked.order) {
    for (let w = 0; w < windows.length; w++) {
      accumulator.putCells(answers[w], row * places[w].length, places[w]);
      accumulator.finish(windows[w], asked.timeMs[row], { out: vector, at: start });
    }
    for (let f = 0; f < vector.numbers.length; f++) out.numbers[f][row] = vector.numbers[f];
  }
}
