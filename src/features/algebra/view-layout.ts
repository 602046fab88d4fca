import { planTiles } from "./tile-plan.js";
import { entityBytes } from "./view-state.js";
import type { View } from "../definition/view.js";
import { hopMs } from "../definition/window.js";

/** How the state of a view is laid out. */
export interface ViewLayout {
  /** Tile sizes, the finest first, and how many tiles of each an entity has room for. */
  readonly levels: readonly { readonly sizeMs: number; readonly tiles: number }[];
  /** Every window, by length, with the grid to which its lower bound is rounded down. */
  readonly windows: readonly { readonly windowMs: number; readonly gridMs: number }[];
  /** Memory of one entity; sketches, which grow with what they hold, are not counted. */
  readonly entityBytes: number;
}

export function viewLayout({ plan, features }: View): ViewLayout {
  const windows = [...new Set(Object.values(features).map(({ windowMs }) => windowMs))].sort((a, b) => a - b);
  return {
    levels: planTiles(plan).levels.map(({ sizeMs, capacity }) => ({ sizeMs, tiles: capacity })),
    windows: windows.map((windowMs) => ({ windowMs, gridMs: hopMs(windowMs) })),
    entityBytes: entityBytes(plan),
  };
}
