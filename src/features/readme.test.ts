import { expect, test } from "vitest";
import { events, parquet } from "../data/index.js";
import { t } from "../kernel/index.js";
import { count, createOnlineState, featureSet, rate, view } from "./index.js";

test("the example of the README gives what it says", () => {
  const flights = events("flights", {
    from: parquet("flights.parquet"),
    schema: { date: t.timestamp(), origin: t.string(), delay: t.int() },
    eventTime: "date",
  });
  const noon = Date.UTC(2001, 0, 1, 12);
  const out = { numbers: new Float32Array(2), texts: [] };

  const traffic = view("traffic", {
    source: flights,
    entity: { airport: "origin" },
    features: (f) => ({ departures: count().over("1h"), late: rate(f.delay.gt(15)).over("24h") }),
  });
  const state = createOnlineState([traffic]);
  const flight = [Date.UTC(2001, 0, 1, 9), "JFK", 30];
  state.add("flights", [{ sequence: 1, receivedMs: null, values: flight }]);
  const reader = state.reader(featureSet({ views: { origin: traffic }, request: { date: t.timestamp() } }));
  reader.read([{ values: ["JFK", noon], timeMs: noon, out }]);

  expect([...out.numbers]).toEqual([0, 1]);
});
