// npm run docs:errors   writes docs/errors.md from the error tables of all rooms
// node scripts/errors-docs.mjs --check   fails when docs/errors.md is outdated; writes nothing
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createJiti } from "jiti";
import { format } from "prettier";
import { root, table } from "./architecture-table.mjs";

const jiti = createJiti(import.meta.url, { fsCache: false });
const page = join(root, "docs/errors.md");

/** The files of src/ that hold error tables, by their names: `errors.ts` and `*-errors.ts`. */
function tableFiles() {
  const folder = join(root, "src");
  return readdirSync(folder, { recursive: true })
    .map((file) => join(folder, String(file)))
    .filter((file) => /[/\\-]errors\.ts$/.test(file));
}

const isTable = (value) => typeof value?.rows === "object";

async function allRows() {
  const modules = await Promise.all(tableFiles().map((file) => jiti.import(pathToFileURL(file).href)));
  const tables = new Set(modules.flatMap((module) => Object.values(module)).filter(isTable));
  return [...tables].flatMap(({ rows }) => Object.entries(rows)).sort(([a], [b]) => a.localeCompare(b));
}

const exitMeaning = { 1: "a check said no", 2: "wrong usage or configuration", 3: "failure" };

function entry([code, { title, about, exit, http }]) {
  return `### ${code}: ${title}\n\n${about}\n\nExit code ${exit} (${exitMeaning[exit]}), HTTP ${http}.`;
}

function section({ block, name }, rows) {
  const own = rows.filter(([code]) => code.startsWith(`MW${block}`));
  return own.length === 0 ? [] : [`## ${name} (MW${block}xx)`, ...own.map(entry)];
}

const introduction = `# Errors

Generated from the error tables in \`src/\` by \`npm run docs:errors\`; do not edit.

Every error that Millwright raises on purpose carries a code and three sentences: what was expected, what was found and what to do. Codes are never reused.`;

async function render() {
  const rows = await allRows();
  const sections = table.errorBlocks.flatMap((block) => section(block, rows));
  return format([introduction, ...sections].join("\n\n"), { parser: "markdown", printWidth: 110 });
}

const text = await render();
if (!process.argv.includes("--check")) {
  writeFileSync(page, text);
} else if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
  console.log("docs/errors.md is outdated: run `npm run docs:errors`.");
  process.exitCode = 1;
}
