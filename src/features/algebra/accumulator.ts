import { cellAlgebras, wideInteger, wideSum } from "./cell-algebra.js";
import type { EdgeText } from "./edge-text.js";
import { sketchAlgebras, type Sketch, type SketchOf } from "./sketch-algebra.js";
import { cellOperations, sketchOperations, type Finish, type SlotPlan } from "./slots.js";
import type { WindowPlan } from "./tile-plan.js";
import { modelNumber } from "../definition/model-number.js";

/** Where a view's features are written: NaN and "" are null. */
export interface VectorOut {
  readonly numbers: Float32Array;
  readonly texts: string[];
}

/** The first number and the first text of a view in a vector. */
export interface VectorPosition {
  readonly number: number;
  readonly text: number;
}

/** Adds up the tiles of one window and finishes its features. One serves a whole view. */
export interface Accumulator {
  begin(window: WindowPlan): void;
  /** Puts cells that were added up elsewhere, and begin at `at`, in the given places. */
  putCells(cells: Float64Array, at: number, places: readonly number[]): void;
  /** Adds the tile whose sketches begin at `at`. */
  takeSketches(sketches: readonly (Sketch | undefined)[], at: number, window: WindowPlan): void;
  finish(window: WindowPlan, timeMs: number, target: { out: VectorOut; at: VectorPosition }): void;
}

/** Makes the accumulator of a view's plan. */
export function createAccumulator(plan: SlotPlan): Accumulator {
  const { cellAt, identity } = plan;
  const algebras = cellOperations(plan).map((operation) => cellAlgebras[operation]);
  const sketchKinds = sketchOperations(plan);
  const sum = new Float64Array(identity.length);
  const sketches: Sketch[] = [];

  function begin({ counts, sums, cells, sketches: needed }: WindowPlan): void {
    for (let j = 0; j < counts.length; j++) sum[counts[j]] = 0;
    for (let j = 0; j < sums.length; j++) sum[sums[j]] = sum[sums[j] + 1] = 0;
    for (let j = 0; j < cells.length; j++) {
      const at = cellAt[cells[j]];
      const end = at + algebras[cells[j]].identity.length;
      for (let c = at; c < end; c++) sum[c] = identity[c];
    }
    for (let j = 0; j < needed.length; j++) sketches[needed[j]] = sketchAlgebras[sketchKinds[needed[j]]]();
  }

  function putCells(cells: Float64Array, at: number, places: readonly number[]): void {
    for (let j = 0; j < places.length; j++) sum[places[j]] = cells[at + j];
  }

  function takeSketches(tile: readonly (Sketch | undefined)[], at: number, window: WindowPlan): void {
    for (const s of window.sketches) {
      const sketch = tile[at + s];
      if (sketch !== undefined) sketches[s].merge(sketch);
    }
  }

  function finish(
    window: WindowPlan,
    timeMs: number,
    { out, at }: Parameters<Accumulator["finish"]>[2],
  ): void {
    for (let f = 0; f < window.finishes.length; f++) {
      const one = window.finishes[f];
      const value =
        one.slots[0] < plan.cellSlotCount
          ? finishCells(one, sum, { cellAt, timeMs })
          : finishSketch(one, sketches[one.slots[0] - plan.cellSlotCount], timeMs);
      if (one.output === "text") out.texts[at.text + one.position] = value === null ? "" : String(value);
      else out.numbers[at.number + one.position] = modelNumber(value as number | null);
    }
  }

  return Object.freeze({ begin, putCells, takeSketches, finish });
}

/** NaN is null. */
function finishCells(
  finish: Finish,
  sum: Float64Array,
  { cellAt, timeMs }: { cellAt: readonly number[]; timeMs: number },
): number {
  const main = cellAt[finish.slots[0]];
  const value = sum[main];
  switch (finish.kind) {
    case "mean":
    case "rate": {
      const count = sum[finish.slots[1]];
      return count === 0 ? NaN : wideSum(sum, main) / finish.scale / count;
    }
    case "min":
    case "max":
      return Number.isFinite(value) ? value / finish.scale : NaN;
    case "variance":
      return varianceOf(finish, sum, cellAt);
    case "std":
      return Math.sqrt(varianceOf(finish, sum, cellAt));
    case "first":
      return Number.isFinite(value) ? sum[main + 1] : NaN;
    case "last":
      return value >= timeMs - finish.windowMs ? sum[main + 1] : NaN;
    case "since":
      return value >= timeMs - finish.windowMs ? (timeMs - value) / 1000 : NaN;
    default:
      return finish.kind === "count" ? value : wideSum(sum, main) / finish.scale;
  }
}

/** (n Σx² − (Σx)²) / n (n − 1), exact until the one division. */
function varianceOf({ slots, scale }: Finish, sum: Float64Array, cellAt: readonly number[]): number {
  const count = sum[slots[1]];
  const total = wideSum(sum, cellAt[slots[0]]);
  const squaresAt = cellAt[slots[2]];
  if (count < 2 || Number.isNaN(total)) return NaN;
  const pairs = count * (count - 1) * (scale * scale);
  const [left, right] = [count * wideSum(sum, squaresAt), total * total];
  if (left <= Number.MAX_SAFE_INTEGER && right <= Number.MAX_SAFE_INTEGER) return (left - right) / pairs;
  const squares = wideInteger(sum, squaresAt);
  return squares === undefined ? NaN : Number(BigInt(count) * squares - BigInt(total) ** 2n) / pairs;
}

function finishSketch(finish: Finish, sketch: Sketch, timeMs: number): number | string | null {
  switch (finish.kind) {
    case "distinct":
      return (sketch as SketchOf<"distinct">).estimate();
    case "quantile":
      return (sketch as SketchOf<"quantiles">).quantile(finish.parameter);
    case "top":
      return (sketch as SketchOf<"frequencies">).top(finish.parameter);
    default: {
      const { text, timeMs: at } = sketch as EdgeText;
      return finish.kind === "first" || at >= timeMs - finish.windowMs ? text : null;
    }
  }
}
