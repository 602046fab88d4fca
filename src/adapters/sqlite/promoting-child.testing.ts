import { createInterface } from "node:readline";
import { systemClock } from "../../kernel/index.js";
import type { Evidence } from "../../registry/index.js";
import { openSqlite } from "./index.js";

// A process of its own: `<database> <version> <rounds>`. For each line of standard input it asks for its version to
// become the champion, on evidence against the holder that the line names, and prints the verdict.
const [path, version] = process.argv.slice(2);
const { registry, close } = openSqlite(path, { clock: systemClock });
const evidence: Evidence[] = [
  { kind: "gate", name: "auc", passed: true, observed: 0.8, required: 0.7, detail: "0.8 ≥ 0.7" },
  { kind: "probe-parity", passed: true, probes: 1, maxDifference: 0, detail: "1 probe equal" },
];
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const { decision } = await registry.promote({
    ...{ model: "delay", version: Number(version), alias: "champion", evidence, windowFeatures: false },
    comparedWith: Number(line),
  });
  process.stdout.write(`${decision.verdict}\n`);
}
close();
