import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { events, parquet } from "../../src/data/index.js";
import {
  createOnlineState,
  distinct,
  featureSet,
  first,
  last,
  mean,
  quantile,
  timeSinceLast,
  topValue,
  variance,
  view,
  type Aggregation,
} from "../../src/features/index.js";
import { t } from "../../src/kernel/index.js";

const page = await readFile(new URL("../../docs/semantics.md", import.meta.url), "utf8");
const example = page.slice(page.indexOf("### A worked example"), page.indexOf("## Online state"));

const flights = events("flights", {
  from: parquet("flights.parquet"),
  schema: { date: t.timestamp(), delay: t.int(), distance: t.int(), origin: t.string(), carrier: t.string() },
  eventTime: "date",
  availableAt: (f) => f.date.plus(f.distance.times(8_000)).plus("30m").plus(f.delay.atLeast(0).times(60_000)),
});

/** The definitions of the page's table, as the page writes them. */
const f = flights.columns;
const definitions: Record<string, Aggregation> = {
  "mean(f.delay)": mean(f.delay),
  "variance(f.delay)": variance(f.delay),
  "quantile(f.delay, 0.5)": quantile(f.delay, 0.5),
  "first(f.delay)": first(f.delay),
  "last(f.delay)": last(f.delay),
  "last(f.carrier)": last(f.carrier),
  "distinct(f.carrier)": distinct(f.carrier),
  "topValue(f.carrier)": topValue(f.carrier),
  "timeSinceLast()": timeSinceLast(),
};
const names = Object.keys(definitions);
const departures = view("departures", {
  source: flights,
  entity: { airport: "origin" },
  features: () => Object.fromEntries(names.map((name, i) => [`feature_${i}`, definitions[name].over("3h")])),
});

const at = (clock: string) => Date.parse(`2001-06-04T${clock}Z`);
const cellsOf = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of a table of the page, its heading first and the line below it left out. */
function tableUnder(heading: string): string[][] {
  const from = example.slice(example.indexOf(`| ${heading}`));
  const lines = from.slice(0, from.indexOf("\n\n")).split("\n");
  return [lines[0], ...lines.slice(2)].map(cellsOf);
}

test("the worked example says what the code does", () => {
  const state = createOnlineState([departures]);
  const [, ...rows] = tableUnder("departure");
  expect(rows).toHaveLength(4);
  rows.forEach(([departure, carrier, delay, known], i) => {
    expect(at(departure) + (750 / 7.5 + 30 + Number(delay)) * 60_000).toBe(at(known));
    const values = [at(departure), Number(delay), 750, "JFK", carrier];
    state.add("flights", [{ sequence: i + 1, receivedMs: null, values }]);
  });
  const set = featureSet({ views: { origin: departures }, request: { date: t.timestamp() } });
  const reader = state.reader(set);
  const [[, ...clocks], ...stated] = tableUnder("over 3 hours");
  expect(clocks).toHaveLength(4);
  expect(stated.map(([definition]) => definition)).toEqual(names.map((name) => `\`${name}\``));
  clocks.forEach((clock, column) => {
    const out = { numbers: new Float32Array(reader.numberCount), texts: new Array<string>(reader.textCount) };
    reader.read([{ values: ["JFK", at(clock)], timeMs: at(clock), out }]);
    const [numbers, texts] = [[...out.numbers], [...out.texts]];
    const answers = set.columns.map(({ kind }) => (kind === "number" ? numbers.shift() : texts.shift()));
    const byName = new Map(set.columns.map(({ name }, i) => [name, answers[i]]));
    stated.forEach(([definition, ...cells], i) => {
      const answer = byName.get(`origin_feature_${i}`);
      const cell = Number.isNaN(answer) || answer === "" ? "null" : String(answer);
      expect(`${definition} at ${clock}: ${cell}`).toBe(`${definition} at ${clock}: ${cells[column]}`);
    });
  });
});
