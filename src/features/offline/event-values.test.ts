import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { t, tableOf } from "../../kernel/index.js";
import { count, last, timeSinceLast } from "../definition/aggregation.js";
import { eventTable } from "../definition/event-log.js";
import { featureSet } from "../definition/feature-set.js";
import { buildFeatures } from "./feature-table.js";
import { visibleByTime } from "./fold.js";
import { streamOf } from "./latest-views.testing.js";
import { view, type View } from "../definition/view.js";
import type { StoredEvents } from "./window-features.js";

const schema = { at: t.timestamp(), place: t.string(), x: t.float().optional(), y: t.float().optional() };
const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
const latestOf = view("latest", {
  source,
  entity: { thing: "place" },
  features: (f) => ({
    x: last(f.x).over("1h"),
    y: last(f.y).over("1h"),
    since: timeSinceLast().over("1h"),
  }),
});
const counts = view("counts", {
  source,
  entity: { thing: "place" },
  features: () => ({ n: count().over("1h") }),
});

describe("the latest event of a key in a file", () => {
  const rows: (string | number | null)[][] = [
    [1_000, "A", 1, 8],
    [2_000, "A", 5, null],
    [2_000, "A", 7, 2],
    [2_500, "B", -0, 1e300],
  ];
  const table = tableOf(schema, rows);

  function storedThings(stream: StoredEvents["stream"]) {
    const loads: (readonly string[] | undefined)[] = [];
    const stored = {
      file: { path: "things.parquet", rowCount: rows.length },
      load(columns?: readonly string[]) {
        loads.push(columns);
        return Promise.resolve(visibleByTime(eventTable(source, table)));
      },
      ...(stream && { stream }),
    };
    return { stored, loads };
  }

  async function buildStored(stored: StoredEvents, views: Record<string, View>, signal?: AbortSignal) {
    const timeMs = Float64Array.of(2_001, 3_000);
    const spine = tableOf({ place: t.string() }, [["A"], ["B"]]);
    const set = featureSet({ views, request: {} });
    const events = new Map([["things", stored]]);
    const input = { spine: { table: spine, timeMs, askedAt: timeMs }, events };
    const { features } = await buildFeatures(set, input, signal ? { signal } : {});
    return Object.fromEntries(features.map(({ name, ...f }) => [name, "values" in f ? [...f.values] : []]));
  }

  test("is answered from keys and times, and from columns as they are read", async () => {
    const { stream, streamed, open } = streamOf(table, [3]);
    const { stored, loads } = storedThings(stream);
    expect(await buildStored(stored, { place: latestOf })).toEqual({
      place_x: [7, 0],
      place_y: [2, NaN],
      place_since: [Math.fround(0.001), 0.5],
    });
    expect(loads).toEqual([["at", "place"]]);
    // `y` has a null, and is read once more for itself.
    expect(streamed).toEqual([["x", "y"], ["y"]]);
    expect(open()).toBe(0);
  });

  test("is read as a whole once if another view needs that", async () => {
    const { stream, streamed } = streamOf(table, [3]);
    const { stored, loads } = storedThings(stream);
    const answers = await buildStored(stored, { place: latestOf, n: counts.by("place") });
    expect(answers).toMatchObject({ place_x: [7, 0], n_n: [3, 1] });
    expect(loads).toEqual([undefined]);
    expect(streamed).toEqual([]);
  });

  test("fails as its reading fails, is cancelled, and lets go of the file", async () => {
    const torn = streamOf(table, [3]);
    const failing = async (columns: readonly string[]) => {
      const numbers = await torn.stream(columns);
      return { ...numbers, next: () => Promise.reject(new Error("torn")) };
    };
    await expect(buildStored(storedThings(failing).stored, { place: latestOf })).rejects.toThrow("torn");
    expect(torn.open()).toBe(0);

    const short = streamOf(tableOf(schema, [[1_000, "A", 1, 8]]), [3]);
    const { stored } = storedThings(short.stream);
    await expect(buildStored(stored, { place: latestOf })).rejects.toThrow("the file has 1 rows and not 4");
    expect(short.open()).toBe(0);

    const whole = streamOf(table, [3]);
    const cancelled = buildStored(
      storedThings(whole.stream).stored,
      { place: latestOf },
      AbortSignal.abort(),
    );
    await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
    expect(whole.open()).toBe(0);
  });
});
