import type { TileStore } from "../../features/index.js";
import { lifecycleErrors } from "../errors.js";

/** The history that every live state over one shared store stands on. */
export interface SharedBase {
  /** Dataset version; "" for none. */
  readonly dataset: string;
  /** Its rows count if they were available before this time. */
  readonly beforeMs: number;
}

const space = "@:bases";

/**
 * The history of a source in a shared store: what the first live state proposed. All that write to the store
 * must begin with it, for windows that stand on two histories would count events twice. Throws MW1013.
 */
export async function adoptBase(tiles: TileStore, source: string, proposal: SharedBase): Promise<SharedBase> {
  const { dataset, beforeMs } = proposal;
  const meta = JSON.stringify({ dataset, beforeMs });
  const [{ meta: found }] = await tiles.fetch([{ space, key: source, fields: [] }]);
  if (found !== undefined) return readBase(found, source);
  const [made] = await tiles.swap([{ space, key: source, expected: undefined, meta, set: [], drop: [] }]);
  if (made) return proposal;
  const [{ meta: other = meta }] = await tiles.fetch([{ space, key: source, fields: [] }]);
  return readBase(other, source);
}

function readBase(text: string, source: string): SharedBase {
  const [, dataset, beforeMs] = /^\{"dataset":"([^"]*)","beforeMs":(-?\d+(?:\.\d+)?)\}$/.exec(text) ?? [];
  if (dataset !== undefined) return { dataset, beforeMs: Number(beforeMs) };
  throw otherBase(source, "a dataset version and a time", text.slice(0, 80));
}

export function otherBase(source: string, expected: string, found: string) {
  return lifecycleErrors.error("MW1118", {
    expected: `${expected} as the history of source "${source}" in the shared store`,
    found,
    remedy: "Use another prefix in redis({ … }) for another history, or another --live name for this one.",
    details: { source },
  });
}

/** Names a base in the spaces of views. */
export const baseName = ({ dataset, beforeMs }: SharedBase): string => `${dataset.slice(0, 16)}@${beforeMs}`;
