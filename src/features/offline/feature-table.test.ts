import { expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { t, tableOf } from "../../kernel/index.js";
import { count, topValue } from "../definition/aggregation.js";
import { eventTable } from "../definition/event-log.js";
import { featureSet } from "../definition/feature-set.js";
import { buildFeatures } from "./feature-table.js";
import { visibleByTime } from "./fold.js";
import { view } from "../definition/view.js";

const trips = events("trips", {
  from: parquet("trips.parquet"),
  schema: { at: t.timestamp(), city: t.string(), kind: t.string() },
  eventTime: "at",
});
const traffic = view("traffic", {
  source: trips,
  entity: { city: "city" },
  features: (f) => ({ trips: count().over("1h"), kind: topValue(f.kind).over("1h") }),
});

test("a row of a spine without a time has no windows: every feature of it is missing, a count too", async () => {
  const happened = eventTable(trips, tableOf(trips.schema, [[1_000, "Delft", "van"]]));
  const table = tableOf({ city: t.string() }, [["Delft"], ["Delft"], ["Delft"]]);
  const timeMs = Float64Array.of(2_000, NaN, 3_000);
  const { features } = await buildFeatures(featureSet({ views: { city: traffic }, request: {} }), {
    spine: { table, timeMs, askedAt: timeMs },
    events: new Map([["trips", visibleByTime(happened)]]),
  });
  expect(features).toEqual([
    { kind: "number", name: "city_trips", values: Float32Array.of(1, NaN, 1) },
    { kind: "text", name: "city_kind", codes: Int32Array.of(0, -1, 0), dictionary: ["van"] },
  ]);
});
