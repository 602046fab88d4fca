import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The float64 numbers of a file. */
function numbers(path) {
  const bytes = readFileSync(path);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Share of pairs of a positive and a negative in the right order; ties count half. */
function auc(target, scores) {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[a] - scores[b]);
  let [ranks, positives] = [0, 0];
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && scores[order[end]] === scores[order[start]]) end++;
    for (let i = start; i < end; i++) {
      if (target[order[i]] !== 1) continue;
      ranks += (start + end + 1) / 2;
      positives++;
    }
    start = end;
  }
  const negatives = order.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

const tiny = 1e-15;
const losses = {
  logistic: (y, [p]) => -Math.log(Math.max(tiny, y === 1 ? p : 1 - p)),
  softmax: (y, p) => -Math.log(Math.max(tiny, p[y])),
  squared: (y, [p]) => (y - p) ** 2,
  // Half the deviance, which is 0 where the prediction is right.
  poisson: (y, [p]) => (y === 0 ? 0 : y * Math.log(y / p)) - y + p,
};

/** Loss, and for two classes AUC, of predictions that a learner wrote: means over the repetitions. */
export function judge(folder, file, test) {
  const about = JSON.parse(readFileSync(join(folder, "table.json"), "utf8"));
  const all = numbers(join(folder, "target.bin"));
  const target = test === "last" ? all.subarray(Math.floor(about.rows / 5) * 4) : all;
  const predicted = numbers(file);
  const width = Math.max(1, about.classes.length);
  const repetitions = predicted.length / (target.length * width);
  const result = { loss: 0 };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const of = predicted.subarray(
      repetition * target.length * width,
      (repetition + 1) * target.length * width,
    );
    let total = 0;
    target.forEach((y, row) => {
      total += losses[about.loss](y, of.subarray(row * width, (row + 1) * width));
    });
    result.loss += total / target.length / repetitions;
    if (about.task === "binary") result.auc = (result.auc ?? 0) + auc(target, of) / repetitions;
  }
  return result;
}
