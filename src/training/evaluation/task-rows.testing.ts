import type {
  AnomalyScored,
  BinaryScored,
  MulticlassScored,
  RankingScored,
  RegressionScored,
  Scored,
} from "./scored.js";

/** Uniform numbers by the linear congruential generator of ANSI C, as another program can draw them again. */
function uniform(count: number, seed = 12345): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = Number((1103515245n * BigInt(state) + 12345n) % 2147483648n);
    return state / 2147483648;
  });
}

const rowCount = 200;
const dayMs = 86_400_000;

/** Four numbers a row. */
const draws = uniform(4 * rowCount);
const draw = (row: number, which: number) => draws[4 * row + which];
const rows = Array.from({ length: rowCount }, (_, row) => row);

/** Ten days, unless told; 1 to 4 as weights, if asked for. */
interface Given {
  readonly weighted?: boolean;
}

function common(scores: readonly number[], { weighted = false }: Given) {
  return {
    scores: Float32Array.from(scores),
    times: Float64Array.from(rows, (row) => (row % 10) * dayMs),
    ...(weighted ? { weights: Float32Array.from(rows, (row) => 1 + Math.floor(draw(row, 3) * 4)) } : {}),
  };
}

/** Scores in 64ths, with many ties. */
export function binaryRows(given: Given = {}): BinaryScored {
  const scores = rows.map((row) => Math.min(1, Math.floor(draw(row, 0) * 65) / 64));
  const labels = Uint8Array.from(rows, (row) => Number(draw(row, 1) < scores[row] ** 2));
  return { task: "binary", ...common(scores, given), labels };
}

/** The group of each of those rows, 0 to 2. */
export const groupOfRow = rows.map((row) => Math.floor(draw(row, 2) * 3));

/** Three classes; probabilities in 64ths. */
export function multiclassRows(given: Given = {}): MulticlassScored {
  const probabilities = rows.map((row) => {
    const [a, b] = [Math.floor(draw(row, 0) * 33), Math.floor(draw(row, 1) * 33)];
    return [a / 64, b / 64, (64 - a - b) / 64];
  });
  const labels = Uint16Array.from(probabilities, ([a, b], row) => {
    const u = draw(row, 2);
    return u < a ? 0 : u < a + b ? 1 : 2;
  });
  return { task: "multiclass", ...common(probabilities.flat(), given), labels, classes: ["a", "b", "c"] };
}

/** Values in quarters, 0 among them, and predictions that err by up to one. */
export function regressionRows(given: Given = {}): RegressionScored {
  const values = Float64Array.from(rows, (row) => Math.floor(draw(row, 0) * 20) / 4);
  const scores = rows.map((row) => values[row] * 0.75 + Math.floor(draw(row, 1) * 8) / 8 + 0.125);
  return { task: "regression", ...common(scores, given), values };
}

/** The same with quantiles 1/8 and 7/8 one below and one above. */
export function quantileRows(given: Given = {}): RegressionScored {
  const { scores, ...rest } = regressionRows(given);
  const wide = Float32Array.from(Array.from(scores).flatMap((score) => [score - 1, score, score + 1]));
  return { ...rest, scores: wide, quantiles: [0.125, 0.5, 0.875] };
}

/** Twenty lists of six; few distinct scores. */
export function rankingRows(k = 3): RankingScored {
  const numbers = uniform(240);
  const lists = Array.from({ length: 120 }, (_, row) => row);
  return {
    task: "ranking",
    scores: Float32Array.from(lists, (row) => Math.floor(numbers[2 * row] * 8)),
    relevance: Float64Array.from(lists, (row) => Math.floor(numbers[2 * row + 1] * 3)),
    groups: Int32Array.from(lists, (row) => Math.floor(row / 6)),
    times: new Float64Array(120),
    k,
  };
}

/** The binary rows, as if their positives were anomalies. */
export function anomalyRows({ labelled = true }: { readonly labelled?: boolean } = {}): AnomalyScored {
  const { scores, labels, times } = binaryRows();
  return { task: "anomaly", scores, times, k: 20, ...(labelled ? { labels } : {}) };
}

/** One of each task. */
export const everyTask: readonly Scored[] = [
  binaryRows(),
  binaryRows({ weighted: true }),
  multiclassRows(),
  multiclassRows({ weighted: true }),
  quantileRows(),
  quantileRows({ weighted: true }),
  rankingRows(),
  anomalyRows(),
  anomalyRows({ labelled: false }),
];
