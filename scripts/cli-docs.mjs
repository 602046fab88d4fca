// npm run docs:cli            writes docs/cli.md from the commands' own help
// npm run docs:cli -- --check fails when the file on disk differs
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createProgram } from "../dist/cli/program.js";
import { root } from "./setup.mjs";

const path = join(root, "docs/cli.md");

const head = `# Command line

<!-- Generated from the commands' own help by \`npm run docs:cli\`. -->

Every command takes \`--json\` and then prints one JSON line on standard output, with \`seconds\` and \`peak_rss_mb\` beside its own figures. Progress goes to standard error: bars on a terminal, a line for each piece of work over a second elsewhere, nothing with \`--quiet\`. Ctrl-C leaves nothing half-written; the same command goes on where it stopped.

| exit code | meaning                                                   |
| --------- | --------------------------------------------------------- |
| 0         | success                                                   |
| 1         | a check said no: a gate, a mismatch, degraded performance |
| 2         | wrong usage or configuration                              |
| 3         | failure                                                   |
`;

function help(command) {
  command.configureHelp({ helpWidth: 100 });
  return command.helpInformation().trimEnd();
}

function section(command, prefix) {
  const name = `${prefix} ${command.name()}`;
  const inner = command.commands.filter((each) => each.name() !== "help");
  if (inner.length > 0) return inner.map((each) => section(each, name)).join("\n");
  return `## ${name}\n\n\`\`\`text\n${help(command)}\n\`\`\`\n`;
}

const program = await createProgram();
const text = [head, ...program.commands.map((command) => section(command, "millwright"))].join("\n");

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") === text) process.exit(0);
  console.error("docs/cli.md is not what the commands say. Run npm run docs:cli.");
  process.exit(1);
}
writeFileSync(path, text);
