import type { FileColumn, FileField, FileRows, PartColumn } from "../../data/index.js";
import { loadGraph, rowsAreIndependent, type LoadedGraph, type Session } from "../../inference/index.js";
import type { Column, FieldKind } from "../../kernel/index.js";
import {
  loadTensors,
  readPackage,
  tensorText,
  type Tensors,
  type TensorSignature,
  type TensorSpec,
} from "../../registry/index.js";
import { missingColumn } from "./predict-columns.js";
import { predictErrors } from "./predict-errors.js";
import { answerColumns, elementColumns } from "./predict-outputs.js";
import { batchesOf, poolOf, type RowPredictor, type RowValues } from "./predict-rows.js";
import { openAll, predictingSessions, rowsAtOnce, sessionCount } from "./predict-sessions.js";
import type { Project } from "../project.js";
import { inputTensor, isMatrix, type InputColumns } from "./predict-inputs.js";

const kinds: Readonly<Record<string, FieldKind>> = {
  ...{ float16: "float", float32: "float", float64: "float", bool: "bool", string: "string" },
};

const wholeRanges: Readonly<Record<string, readonly [low: number, high: number]>> = {
  ...{ int8: [-128, 127], int16: [-32_768, 32_767], int32: [-(2 ** 31), 2 ** 31 - 1] },
  ...{ uint8: [0, 255], uint16: [0, 65_535], uint32: [0, 2 ** 32 - 1], uint64: [0, Infinity] },
};

/**
 * A graph that was imported, over a file with its inputs as columns: an input of one value a row in a column of its
 * name, one of n values in the columns `name_0` to `name_{n-1}` or in one of lists. Missing floats are NaN. Throws
 * MW1170, MW1173 and what loading throws.
 */
export async function tensorPredictor(
  project: Project,
  packageId: string,
  { columns, rowCount }: { readonly columns: readonly FileColumn[]; readonly rowCount: number },
): Promise<RowPredictor> {
  const read = await readPackage(packageId, project.blobs);
  const signature: TensorSignature = read.manifest.signature;
  const inputs = signature.inputs.map((spec) => inputColumns(spec, columns));
  const alone = signature.inputs.some(({ shape }) => shape[0] === 1);
  const atOnce = rowsAtOnce(inputs.reduce((sum, { fields }) => sum + fields.length, 0));
  const count = sessionCount(project, rowCount);
  const sessions: Session[] = [];
  const context = {
    blobs: project.blobs,
    sessions: predictingSessions(project, count, (session) => sessions.push(session)),
  };
  const graphs = await openAll(count, () => loadGraph(packageId, context));
  const pool = poolOf<LoadedGraph>(graphs);
  try {
    const probes =
      read.kind === "tensors" ? read.probes.probes.map((probe) => loadTensors(probe.inputs)) : [];
    const together = !alone && (await rowsAreIndependent(sessions[0], signature, probes));
    const batchRows = together ? atOnce.batchRows : 1;
    const compute = (values: RowValues, span: readonly [number, number]): Promise<readonly Tensors[]> => {
      const tensors = inputs.map((input) => [input.spec.name, inputTensor(input, values, span)] as const);
      return pool.run((graph) => graph.computeBatches(Object.fromEntries(tensors), batchRows));
    };
    return Object.freeze({
      ...{ chunkRows: atOnce.chunkRows, dispose: () => pool.dispose() },
      fields: inputs.flatMap((input) => (isMatrix(input) ? [] : input.fields)),
      matrices: inputs.filter(isMatrix).map(({ spec, fields }) => ({ name: spec.name, fields })),
      columns: signature.outputs.flatMap((spec) =>
        elementColumns(
          spec,
          spec.shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1),
        ),
      ),
      check: (rows: FileRows) => checkRows(inputs, rows),
      async predict(values: RowValues): Promise<readonly PartColumn[]> {
        const { rowCount } = values.table;
        const calls = batchesOf(rowCount, atOnce.callRows);
        const answers = (await Promise.all(calls.map((span) => compute(values, span)))).flat();
        return signature.outputs.flatMap((spec) =>
          answerColumns(spec, {
            batches: batchesOf(rowCount, batchRows),
            tensors: answers.map((answer) => answer[spec.name]),
          }),
        );
      },
    });
  } catch (error) {
    await pool.dispose();
    throw error;
  }
}

function inputColumns(spec: TensorSpec, columns: readonly FileColumn[]): InputColumns {
  const { name, dtype, shape } = spec;
  const [rows, ...sizes] = shape;
  const free = sizes.filter((size) => size === null).length;
  if (shape.length === 0 || (rows !== null && rows !== 1) || free > (sizes.length === 1 ? 1 : 0))
    throw notRows(spec);
  const kind = kinds[dtype] ?? "int";
  const field = (column: string, element?: FileField["element"]): FileField => ({
    ...{ name: element === undefined ? column : `${column}[${element.at}]`, column, kind },
    nullable: kind === "float",
    ...(element === undefined ? {} : { element }),
  });
  const has = (column: string) => columns.find((one) => one.name === column);
  const width =
    free === 0 ? sizes.reduce<number>((product, size) => product * (size ?? 1), 1) : present(name, columns);
  const whole = has(name);
  if (whole?.list === true) {
    if (free > 0) throw notRows(spec);
    const fields = Array.from({ length: width }, (_, at) => field(name, { at, of: width }));
    return { spec, fields };
  }
  if (width === 1 && whole !== undefined) return { spec, fields: [field(name)] };
  const names = Array.from({ length: width }, (_, at) => `${name}_${at}`);
  const missing = names.find((column) => has(column) === undefined);
  if (missing !== undefined || width === 0)
    throw missingColumn(width > 1 ? (missing ?? `${name}_0`) : name, columns);
  return { spec, fields: names.map((column) => field(column)) };
}

/** How many of the columns `name_0`, `name_1` and so on there are. */
function present(name: string, columns: readonly FileColumn[]): number {
  const names = new Set(columns.map((column) => column.name));
  let width = 0;
  while (names.has(`${name}_${width}`)) width++;
  return width;
}

function notRows(spec: TensorSpec) {
  return predictErrors.error("MW1173", {
    expected: "inputs whose first dimension is free or 1 and whose others are fixed",
    found: `${spec.name}, ${tensorText(spec)}`,
    remedy: "Export the model with a free first dimension, or ask it through a server.",
    details: { input: spec.name },
  });
}

/** Only floats may be missing, a whole number must fit its type, and no text holds NUL, at which the engine would cut it. */
function checkRows(inputs: readonly InputColumns[], { from, table, rejects }: FileRows) {
  const problems = new Map<number, string[]>();
  const refuse = (row: number, reason: string) => problems.set(row, [...(problems.get(row) ?? []), reason]);
  const unreadable = new Set<string>();
  for (const { row, column, found } of rejects) {
    unreadable.add(`${row - from} ${column}`);
    refuse(row - from, `${column}: found ${JSON.stringify(found)}`);
  }
  for (const { spec, fields } of inputs) {
    for (const { name, kind } of fields) {
      if (kind === "float") continue;
      const column = table.columns[name];
      const problemAt = column.kind === "text" ? textProblem(column) : numberProblem(column, spec);
      for (let row = 0; row < table.rowCount; row++) {
        const problem = problemAt(row);
        if (problem === undefined || unreadable.has(`${row} ${name}`)) continue;
        refuse(row, `${name}: expected ${spec.dtype}, found ${problem}`);
      }
    }
  }
  return problems;
}

type ProblemAt = (row: number) => string | undefined;

function numberProblem({ values }: Extract<Column, { kind: "number" }>, { dtype }: TensorSpec): ProblemAt {
  const [low, high] = wholeRanges[dtype] ?? [-Infinity, Infinity];
  return (row) => {
    const value = values[row];
    if (value >= low && value <= high) return undefined;
    return Number.isNaN(value) ? "nothing" : String(value);
  };
}

function textProblem({ codes, dictionary }: Extract<Column, { kind: "text" }>): ProblemAt {
  const isCut = dictionary.map((text) => text.includes("\0"));
  return (row) => {
    if (codes[row] < 0) return "nothing";
    return isCut[codes[row]] ? "a text with the character NUL" : undefined;
  };
}
