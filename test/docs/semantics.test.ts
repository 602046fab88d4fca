import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { events, parquet } from "../../src/data/index.js";
import { createOnlineState, featureSet, mean, view } from "../../src/features/index.js";
import { t, type Value } from "../../src/kernel/index.js";

const page = await readFile(new URL("../../docs/semantics.md", import.meta.url), "utf8");
const example = page.slice(page.indexOf("### A worked example"), page.indexOf("## Online state"));

const flights = events("flights", {
  from: parquet("flights.parquet"),
  schema: { date: t.timestamp(), delay: t.int(), distance: t.int(), origin: t.string() },
  eventTime: "date",
  availableAt: (f) => f.date.plus(f.distance.times(8_000)).plus("30m").plus(f.delay.atLeast(0).times(60_000)),
});
const departures = view("departures", {
  source: flights,
  entity: { airport: "origin" },
  features: (f) => ({ mean_delay_3h: mean(f.delay).over("3h") }),
});

const at = (clock: string) => Date.parse(`2001-06-04T${clock}Z`);

test("the worked example says what the code does", () => {
  const rows = [...example.matchAll(/^\| (\d\d:\d\d) +\| (\d+) +\| (\d\d:\d\d) +\|$/gm)];
  expect(rows).toHaveLength(3);
  const state = createOnlineState([departures]);
  for (const [, departure, delay, known] of rows) {
    const knownMs = at(departure) + (750 / 7.5 + 30 + Number(delay)) * 60_000;
    expect(knownMs).toBe(at(known));
    state.add("flights", [at(departure), Number(delay), 750, "JFK"]);
  }
  const reader = state.reader(
    featureSet({ views: { origin: departures }, request: { date: t.timestamp() } }),
  );
  const ask = (clock: string) => {
    const numbers = new Float32Array(1);
    const request: Value[] = ["JFK", at(clock)];
    reader.read(request, at(clock), { numbers, texts: [] });
    return numbers[0];
  };
  expect(example).toContain("asked at 11:06");
  expect(example).toContain("the mean is 30");
  expect(ask("11:06")).toBe(30);
  expect(example).toContain("Asked at 11:16");
  expect(example).toContain("the mean is 5.");
  expect(ask("11:16")).toBe(5);
});
