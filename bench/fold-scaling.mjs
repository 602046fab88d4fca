// node bench/fold-scaling.mjs [--millions 0.3,1,3,10] [--threads 2] [--rounds 3] [--json]
//
// How the cost of a training set grows with events: twenty windowed features of every flight, for as many flights as
// wanted. Every size and round in a process of its own; medians.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { measureBuild } from "./training-set.mjs";

const { values } = parseArgs({
  options: {
    millions: { type: "string", default: "0.3,1,3,10" },
    threads: { type: "string", default: String(availableParallelism()) },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const [threads, rounds] = [Number(values.threads), Number(values.rounds)];
const sizes = [];
for (const million of values.millions.split(",").map(Number)) {
  const measured = await measureBuild({ rows: million * 1_000_000, threads, rounds });
  process.stderr.write(`${million} million events: ${measured.seconds.toFixed(1)} s\n`);
  sizes.push({
    events: measured.rows,
    ...measured,
    secondsPerMillion: measured.seconds / million,
    cpuSecondsPerMillion: measured.cpuSeconds / million,
  });
}
process.stdout.write(`${JSON.stringify({ threads, rounds, sizes }, null, values.json ? 0 : 2)}\n`);
