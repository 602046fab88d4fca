// npm run docs:architecture   redraws the house in docs/ARCHITECTURE.md
// node scripts/architecture.mjs --check   fails on a broken rule or an outdated drawing; writes nothing
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "dependency-cruiser";
import { withHouse } from "./architecture-diagram.mjs";
import { dependencyCruiserConfig } from "./architecture-rules.mjs";
import { root } from "./architecture-table.mjs";

const page = join(root, "docs/ARCHITECTURE.md");
const before = readFileSync(page, "utf8");
const after = await withHouse(before);

if (!process.argv.includes("--check")) {
  writeFileSync(page, after);
} else {
  const { forbidden, options } = dependencyCruiserConfig();
  const roots = ["src", "test", "bench", "examples"].filter((folder) => existsSync(join(root, folder)));
  const report = await cruise(roots, {
    ...options,
    baseDir: root,
    ruleSet: { forbidden },
    validate: true,
    outputType: "err-long",
  });
  process.stdout.write(`${report.output}\n`);
  if (before !== after) console.log("docs/ARCHITECTURE.md is outdated: run `npm run docs:architecture`.");
  process.exitCode = report.exitCode > 0 || before !== after ? 1 : 0;
}
