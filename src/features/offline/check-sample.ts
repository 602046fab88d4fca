import { seededRng } from "../../kernel/index.js";
import { keyCodes } from "../definition/entity-key.js";
import { featureErrors } from "../errors.js";
import { eventTable } from "../definition/event-log.js";
import {
  foldHere,
  orderByTime,
  visibleByTime,
  type AskedRows,
  type FoldContext,
  type FoldOutput,
} from "./fold.js";
import type { WindowEngine } from "../ports.js";
import type { StoredFold } from "./window-answers.js";

/** What is folded as well, to hold answers of an engine against it. */
export interface SampleOptions {
  readonly engine: WindowEngine;
  readonly seed: number;
  /** At least so many questions, if there are so many: those of whole entities. */
  readonly questions: number;
}

/**
 * Folds a seeded sample of the questions that an engine answered and compares bit by bit. Throws MW0309 at
 * the first difference.
 */
export async function checkSample(
  stored: StoredFold,
  options: SampleOptions,
  context: FoldContext = {},
): Promise<void> {
  for (const lookup of stored.lookups) await checkLookup(stored, lookup, { ...options, context });
}

type StoredLookup = StoredFold["lookups"][number];

async function checkLookup(
  stored: StoredFold,
  lookup: StoredLookup,
  { engine, context, ...options }: SampleOptions & { readonly context: FoldContext },
): Promise<void> {
  const { view, file, asked } = stored;
  const sample = drawSample(lookup, asked, options);
  const table = await engine.readKeys(view, file, sample.keys);
  const events = visibleByTime(eventTable(view.source, table));
  const out = sameShape(lookup.out);
  await foldHere(
    [
      {
        view,
        events,
        eventKeys: keyCodes(view.keyColumns.map((name) => table.columns[name])),
        asked: sample.asked,
        lookups: [{ keys: lookup.keys, out }],
      },
    ],
    context,
  );
  compare(stored, lookup, { out, rows: sample.asked.order });
}

const sameShape = ({ numbers }: FoldOutput): FoldOutput => ({
  numbers: numbers.map(({ length }) => new Float32Array(length)),
  texts: [],
});

/** Whole entities, drawn until they have enough questions; questions without a key are part of it. */
function drawSample(
  { keys }: StoredLookup,
  asked: AskedRows,
  { seed, questions }: Pick<SampleOptions, "seed" | "questions">,
): { readonly keys: readonly string[]; readonly asked: AskedRows } {
  const counts = new Uint32Array(keys.texts.length);
  for (const row of asked.order) if (keys.codes[row] >= 0) counts[keys.codes[row]]++;
  const rng = seededRng(seed);
  const left = Array.from(counts.keys()).filter((code) => counts[code] > 0);
  const drawn = new Set<number>();
  for (let drawnQuestions = 0; drawnQuestions < questions && left.length > 0;) {
    const [code] = left.splice(Math.floor(rng.next() * left.length), 1);
    drawn.add(code);
    drawnQuestions += counts[code];
  }
  const inSample = (row: number) => keys.codes[row] < 0 || drawn.has(keys.codes[row]);
  const askedAt = asked.askedAt.map((at, row) => (inSample(row) ? at : NaN));
  return {
    keys: [...drawn].map((code) => keys.texts[code]),
    asked: { timeMs: asked.timeMs, askedAt, order: orderByTime(askedAt) },
  };
}

function compare(
  { view, asked }: StoredFold,
  { keys, out }: StoredLookup,
  folded: { readonly out: FoldOutput; readonly rows: Uint32Array },
): void {
  const names = Object.keys(view.features);
  for (const row of folded.rows) {
    for (let f = 0; f < names.length; f++) {
      const [answered, expected] = [out.numbers[f][row], folded.out.numbers[f][row]];
      if (Object.is(answered, expected)) continue;
      const [feature, key, timeMs] = [names[f], keys.texts[keys.codes[row]] ?? null, asked.timeMs[row]];
      throw featureErrors.error("MW0309", {
        expected: `${view.name}.${feature} of ${JSON.stringify(key)} at ${timeMs} to be ${expected}, as the fold says`,
        found: `${answered} from SQL`,
        remedy:
          "Build with the fold alone, and report the definition of the view: this is a defect of Millwright.",
        details: { view: view.name, feature, key, timeMs, expected, found: answered },
      });
    }
  }
}
