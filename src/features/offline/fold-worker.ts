import { serveWorker } from "../../kernel/index.js";
import { openFold, type FoldJob } from "./fold-run.js";
import { textCoders, type PartDictionaries } from "./fold-texts.js";

/** What each of a crew of folding threads is given. All columns are shared by the crew. */
export interface FoldWorkerInput {
  readonly seat: { readonly index: number; readonly of: number };
  readonly jobs: readonly FoldJob[];
  /** Pairs of a job and one of its groups; a free thread takes the next. */
  readonly turns: readonly (readonly [job: number, group: number])[];
  /** How many turns are taken. */
  readonly taken: Int32Array;
}

/** By job: the texts that this thread coded. */
export type FoldWorkerResult = readonly PartDictionaries[];

const sliceQuestions = 1 << 16;

serveWorker<FoldWorkerInput, FoldWorkerResult>(({ seat, jobs, turns, taken }, report) => {
  const coders = jobs.map(({ lookups }) => textCoders(lookups, seat));
  const open = jobs.map((job, i) => openFold(job, coders[i]));
  let answered = 0;
  for (let turn = Atomics.add(taken, 0, 1); turn < turns.length; turn = Atomics.add(taken, 0, 1)) {
    const [job, group] = turns[turn];
    const answer = open[job](group);
    for (let more = true; more;) {
      const done = answer(sliceQuestions);
      answered += done;
      more = done === sliceQuestions;
      if (done > 0) report(answered);
    }
  }
  return coders.map((coder) => coder.dictionaries());
});
