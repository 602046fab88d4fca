import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as millwright from "../../src/index.js";
import {
  bindPositions,
  columnsOf,
  compileExpression,
  t,
  type Expression,
  type Value,
} from "../../src/kernel/index.js";

const page = await readFile(new URL("../../docs/expressions.md", import.meta.url), "utf8");

const schema = {
  ...{ delay: t.int(), distance: t.int(), ratio: t.float(), missing: t.float().optional() },
  ...{ late: t.bool(), unknown: t.bool().optional() },
  ...{ origin: t.string(), note: t.string(), amount: t.string(), nothing: t.string().optional() },
  ...{ date: t.timestamp(), arrival: t.timestamp(), never: t.timestamp().optional() },
};
const f = columnsOf(schema);

/** The cells of a table row; a bar inside code is no border. */
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
const code = (cell: string) => cell.replace(/^`(.*)`$/, "$1");

/** A value as the page writes it: JSON, or a time in ISO 8601. */
function valueOf(text: string): Value {
  if (/^\d{4}-/.test(text)) return Date.parse(text);
  const value = JSON.parse(text) as Value | boolean;
  return typeof value === "boolean" ? Number(value) : value;
}

const lines = page.split("\n").filter((line) => line.startsWith("|"));
const examples = lines.map(cells).filter((row) => row.length === 4 && row[2].startsWith("`"));
const row = new Map(
  lines
    .map(cells)
    .filter(([name, value]) => value?.startsWith("`") && Object.hasOwn(schema, code(name)))
    .map(([name, value]) => [code(name), valueOf(code(value))]),
);

describe("the page on expressions", () => {
  test("gives the row of its examples", () => {
    expect([...row.keys()]).toEqual(Object.keys(schema));
  });

  test.each(examples)("says what %s gives", (_operation, _meaning, example, gives) => {
    const { node } = runInNewContext(code(example), { ...millwright, f }) as Expression;
    const read = compileExpression(node, bindPositions(Object.keys(schema)));
    expect(read([...row.values()])).toBe(valueOf(code(gives)));
  });

  test("has an example of every operation", () => {
    const shown = examples.map(([operation]) => operation).join("\n");
    const methods = [f.delay, f.late, f.origin, f.date].flatMap((expression) =>
      Object.entries(expression).flatMap(([name, value]) => (typeof value === "function" ? [name] : [])),
    );
    const missing = [...new Set(methods)].filter((name) => !shown.includes(`.${name}(`));
    expect(missing).toEqual([]);
  });
});
