import { join } from "node:path";
import { pythonRunner } from "./index.js";

// A process of its own: `<project folder> <environments> <parquet>` trains `script.py` with a training set of
// one column `size` and `__target__` that lies in the file.
const [folder, environments, path] = process.argv.slice(2);
const table = { table: { rowCount: 0, columns: {} }, schema: {} };
await pythonRunner({
  projectFolder: folder,
  environments,
  scratchFolder: join(folder, "scratch"),
  tables: { writeTable: async () => path, discard: async () => undefined },
}).run({
  environment: { lock: { shipped: "sklearn" }, byVersion: [] },
  trainer: "python",
  task: "regression",
  classes: [],
  features: [{ name: "size", kind: "number" }],
  seed: 0,
  threads: 1,
  script: "script.py",
  options: { function: "train" },
  train: table,
  graph: { producer: "", producerVersion: "", graphName: "", doc: "" },
  limits: { timeS: 100, silenceS: 100 },
});
