import type { Canonical } from "../../kernel/index.js";
import { distinctSketch, frequencySketch, quantileSketch } from "../../stats/index.js";
import { edgeText } from "./edge-text.js";

/** Operations whose state is an object. What it answers depends on the multiset of events alone. */
export type SketchOperation = "distinct" | "quantiles" | "frequencies" | "firstText" | "lastText";

/** The mergeable state of one operation in one tile. */
export interface Sketch {
  add(value: number | string, timeMs: number): void;
  merge(other: Sketch): void;
  toJson(): Canonical;
}

/** Makes the empty state of each operation, or the one that was written as JSON. */
export const sketchAlgebras = {
  distinct: distinctSketch,
  quantiles: quantileSketch,
  frequencies: frequencySketch,
  firstText: (json?: Canonical) => edgeText(-1, json),
  lastText: (json?: Canonical) => edgeText(1, json),
} satisfies Readonly<Record<SketchOperation, (json?: Canonical) => Sketch>>;

/** What each operation's state is. */
export type SketchOf<Operation extends SketchOperation> = ReturnType<(typeof sketchAlgebras)[Operation]>;
