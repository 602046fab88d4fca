import { isMillwrightError } from "../../kernel/index.js";
import {
  tensorDifference,
  type Tensors,
  type TensorSignature,
  type TensorValue,
} from "../../registry/index.js";
import type { Session } from "../ports.js";
import { areOfOneKind, haveFreeRows, joinRows, rowsOf, sliceRows } from "./split-tensors.js";

/** Rows of one kind that are compared: enough to see a row that depends on others, cheap for a heavy graph. */
const comparedRows = 8;
/** By type, times the row's largest number where that is above 1: kernels add up in another order for another batch. */
const tolerances: Readonly<Record<string, number>> = { float16: 1e-2, float32: 1e-4, float64: 1e-4 };

/**
 * Whether rows of several calls may be computed as one batch: the first dimension of every input and output is free,
 * and the rows of the given inputs give together what they give one by one. Floats may be 1e-4 apart (halves 1e-2),
 * relative to the row's largest, all else must be equal. Where fewer than two different rows of a kind are given there is no telling, and so
 * they may not. Throws what the session throws, but for MW0705, which is an answer: the graph wants other batches.
 */
export async function rowsAreIndependent(
  session: Session,
  signature: TensorSignature,
  probes: readonly Tensors[],
): Promise<boolean> {
  if (!haveFreeRows(signature.inputs) || !haveFreeRows(signature.outputs)) return false;
  const kinds = rowsByKind(probes).filter((rows) => differ(rows));
  if (kinds.length === 0) return false;
  try {
    for (const rows of kinds) if (!(await computeAlike(session, rows))) return false;
    return true;
  } catch (error) {
    if (isMillwrightError(error, "MW0705")) return false;
    throw error;
  }
}

/** Single rows of the probes, those of one kind together, {@link comparedRows} of each at most. */
function rowsByKind(probes: readonly Tensors[]): readonly (readonly Tensors[])[] {
  const kinds: Tensors[][] = [];
  for (const probe of probes) {
    let kind = kinds.find(([first]) => areOfOneKind(first, probe));
    if (kind === undefined) kinds.push((kind = []));
    const rows = rowsOf(probe) ?? 0;
    for (let row = 0; row < rows && kind.length < comparedRows; row++)
      kind.push(sliceRows(probe, row, row + 1));
  }
  return kinds;
}

const differ = (rows: readonly Tensors[]): boolean => rows.some((row) => !areAlike(row, rows[0]));

async function computeAlike(session: Session, rows: readonly Tensors[]): Promise<boolean> {
  const together = await session.compute(joinRows(rows));
  if (rowsOf(together) !== rows.length) return false;
  for (const [i, row] of rows.entries()) {
    const single = await session.compute(row);
    if (rowsOf(single) !== 1 || !areAlike(single, sliceRows(together, i, i + 1))) return false;
  }
  return true;
}

const areAlike = (a: Tensors, b: Tensors): boolean =>
  areOfOneKind(a, b) && Object.keys(a).every((name) => tensorsAreAlike(a[name], b[name]));

function tensorsAreAlike(a: TensorValue, b: TensorValue): boolean {
  const difference = tensorDifference(a, b);
  if (difference === 0) return true;
  return difference <= (tolerances[a.dtype] ?? 0) * scale(a);
}

/** The largest finite number of a float tensor, 1 at least. Halves are kept as bits, and so have none of their own. */
function scale({ dtype, data }: TensorValue): number {
  let largest = 1;
  if (dtype !== "float32" && dtype !== "float64") return largest;
  for (const value of data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return largest;
}
