import type { Session } from "../../inference/index.js";
import type { Tensors, TensorValue } from "../../registry/index.js";

/** Computes rows in batches, one after another; see `Session.computeBatches`. */
export async function computeInBatches(
  { compute }: Pick<Session, "compute">,
  inputs: Tensors,
  batchRows: number,
): Promise<readonly Tensors[]> {
  const rows = Math.max(0, ...Object.values(inputs).map(({ shape }) => shape[0]));
  const answers: Tensors[] = [];
  for (let from = 0; from < rows; from += batchRows)
    answers.push(await compute(rowsOf(inputs, from, Math.min(rows, from + batchRows))));
  return answers;
}

/** The rows `[from, to)` of every input: a view where its elements lie in memory, else a copy. */
function rowsOf(inputs: Tensors, from: number, to: number): Tensors {
  const cut = ({ dtype, shape, data }: TensorValue): TensorValue => {
    const width = data.length / shape[0];
    const [first, end] = [from * width, to * width];
    const part = ArrayBuffer.isView(data) ? data.subarray(first, end) : data.slice(first, end);
    return { dtype, shape: [to - from, ...shape.slice(1)], data: part } as TensorValue;
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, cut(value)] as const));
}
