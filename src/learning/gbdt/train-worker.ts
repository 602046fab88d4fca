import { serveWorker } from "../../kernel/index.js";
import {
  boundsPerFeature,
  categoryBounds,
  cutBounds,
  layoutOf,
  writeBounds,
  type BinLayout,
} from "./bins.js";
import { openCrew, type Crew, type CrewMemory } from "./crew.js";
import { boost, type Boosted, type Training } from "./rounds.js";
import type { ThreadSeat } from "./seat.js";

/** What each of a crew of training threads is given. All buffers are shared by the crew. */
export interface GbdtWorkerInput extends Training {
  readonly seat: ThreadSeat;
  readonly memory: CrewMemory;
  /** Room for `boundsPerFeature` float32 per feature. */
  readonly bounds: Float32Array;
  /** As in `BinLayout`. */
  readonly categories: Int32Array;
}

/** Every thread cuts its share of the features. */
function cutTogether({ training, options, bounds, categories }: GbdtWorkerInput, crew: Crew): BinLayout {
  const { thread, threads } = crew.seat;
  for (let f = thread; f < bounds.length / boundsPerFeature; f += threads) {
    const cut = () => cutBounds(training.columns[f], options.maxBins, options.seed);
    writeBounds(bounds, f, categories[f] > 0 ? categoryBounds(categories[f]) : cut());
  }
  crew.meet();
  return layoutOf(bounds, categories);
}

serveWorker<GbdtWorkerInput, Boosted>((input, onRound) => {
  const speaks = input.seat.thread === 0;
  const crew = openCrew(input.memory, input.seat);
  const boosted = boost(input, { layout: cutTogether(input, crew), crew }, (done) => speaks && onRound(done));
  return speaks ? boosted : undefined;
});
