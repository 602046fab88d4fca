import { describe, expect, test } from "vitest";
import { csv, events, parquet, type EventSourceOptions } from "../../data/index.js";
import { t } from "../../kernel/index.js";
import {
  count,
  last,
  max,
  mean,
  quantile,
  std,
  timeSinceLast,
  topValue,
  type WindowedFeature,
} from "./aggregation.js";
import { view, type View, type ViewOptions } from "./view.js";

const schema = {
  at: t.timestamp(),
  origin: t.string(),
  number: t.int(),
  delay: t.int().optional(),
  share: t.float(),
};
type S = typeof schema;

const sourceOf = (changes: Partial<EventSourceOptions<S>> = {}) =>
  events("flights", { from: parquet("a.parquet"), schema, eventTime: "at", ...changes });

const source = sourceOf();

function viewOf(changes: Partial<ViewOptions<S, "origin" | "number">> = {}) {
  return view("delays", {
    source,
    entity: { airport: "origin" },
    features: (f) => ({ n: count().over("1h"), late: mean(f.delay).where(f.delay.gt(15)).over("3h") }),
    ...changes,
  });
}

const codeOf = (code: string, remedy: RegExp | string = /./) =>
  expect.objectContaining({ code, remedy: expect.stringMatching(remedy) as string }) as Error;

describe("a view", () => {
  test("without exactly one entity is refused", () => {
    expect(() => viewOf({ entity: {} })).toThrow(codeOf("MW0301"));
    expect(() => viewOf({ entity: { a: "origin", b: "number" } })).toThrow(codeOf("MW0301"));
  });

  test("with an unknown key column is refused and told the nearest", () => {
    const entity = { airport: "orign" } as Record<string, string> as Record<string, "origin">;
    expect(() => viewOf({ entity })).toThrow(codeOf("MW0301", 'Did you mean "origin"?'));
  });

  test("takes whole numbers and texts as keys", () => {
    expect(viewOf({ entity: { plane: "number" } }).keyColumns).toEqual(["number"]);
    const entity = { airport: "share" } as Record<string, string> as Record<string, "origin">;
    expect(() => viewOf({ entity })).toThrow(codeOf("MW0301"));
  });

  test("with a key of several parts takes their columns, each once, each of its type", () => {
    const keyed = (...columns: string[]) =>
      view("legs", {
        source,
        entity: { leg: columns as "number"[] },
        features: () => ({ n: count().over("1h") }),
      });
    expect(keyed("number", "origin")).toMatchObject({
      keyColumns: ["number", "origin"],
      keyFields: ["number", "origin"],
    });
    expect(() => keyed("number", "orign")).toThrow(codeOf("MW0301", 'Did you mean "origin"?'));
    expect(() => keyed("number", "share")).toThrow(codeOf("MW0301"));
    expect(() => keyed("number", "number")).toThrow(codeOf("MW0301"));
    expect(() => keyed()).toThrow(codeOf("MW0301"));
  });

  test("by other fields has as many as its key has parts, and is still the same view", () => {
    const legs = view("legs", {
      source,
      entity: { leg: ["origin", "number"] },
      features: () => ({ n: count().over("1h") }),
    });
    const turned = legs.by("destination", "flight");
    expect(turned.keyFields).toEqual(["destination", "flight"]);
    expect(turned.hash).toBe(legs.hash);
    expect(legs.by("origin", "number").keyFields).toEqual(legs.keyFields);
    const one = legs.by as (...fields: string[]) => View;
    expect(() => one("destination")).toThrow(codeOf("MW0301"));
    expect(viewOf().keyFields).toBeUndefined();
    expect(viewOf().by("destination").keyFields).toEqual(["destination"]);
  });

  test("without features, or with an unknown clock, is refused", () => {
    expect(() => viewOf({ features: () => ({}) })).toThrow(codeOf("MW0301"));
    const clock = "wall" as string as "event";
    expect(() => viewOf({ clock })).toThrow(codeOf("MW0301"));
  });

  test("with an unknown option is refused and told the nearest", () => {
    const options = { clok: "event" } as object;
    expect(() => viewOf(options)).toThrow(codeOf("MW0103", 'Did you mean "clock"?'));
  });

  test("that reads an unknown column is a compile error and MW0103", () => {
    const features = (f: (typeof source)["columns"]): Record<string, WindowedFeature> => {
      // @ts-expect-error -- there is no such column
      void f.dealy;
      return {};
    };
    expect(() => viewOf({ features })).toThrow(codeOf("MW0103", 'Did you mean "delay"?'));
  });

  test("with a bad window is refused", () => {
    expect(() => viewOf({ features: () => ({ n: count().over("1.5h") }) })).toThrow(codeOf("MW0101"));
  });
});

describe("a view's hash", () => {
  test("is that of equal definitions, wherever the rows lie and whatever the view is called", () => {
    const elsewhere = sourceOf({ from: csv("b.csv") });
    expect(viewOf({ source: elsewhere }).hash).toBe(viewOf().hash);
    const renamed = view("other", {
      source,
      entity: { place: "origin" },
      features: () => ({ n: count().over("1h") }),
    });
    const first = view("one", {
      source,
      entity: { airport: "origin" },
      features: () => ({ n: count().over("60m") }),
    });
    expect(renamed.hash).toBe(first.hash);
  });

  const all: Record<string, (f: (typeof source)["columns"]) => WindowedFeature> = {
    median: (f) => quantile(f.delay, 0.5).over("1h"),
    upper: (f) => quantile(f.delay, 0.9).over("1h"),
    first: (f) => topValue(f.delay).over("1h"),
    second: (f) => topValue(f.delay, 2).over("1h"),
    text: (f) => topValue(f.origin, 2).over("1h"),
    std: (f) => std(f.delay).over("1h"),
    last: (f) => last(f.delay).over("1h"),
    since: () => timeSinceLast().over("1h"),
    count: () => count().over("1h"),
  };

  test("changes with the kind of aggregation and its parameter", () => {
    const hashes = Object.values(all).map((of) => viewOf({ features: (f) => ({ x: of(f) }) }).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test("changes with everything that the values depend on", () => {
    const features = () => ({ n: count().over("1h") });
    const changed = [
      viewOf(),
      viewOf({ entity: { plane: "number" } }),
      view("delays", { source, entity: { leg: ["origin", "number"] }, features }),
      view("delays", { source, entity: { leg: ["number", "origin"] }, features }),
      viewOf({ clock: "available" }),
      viewOf({ source: sourceOf({ availableAt: (f) => f.at.plus("1m") }) }),
      viewOf({ source: sourceOf({ availableAt: (f) => f.at.plus("2m") }) }),
      viewOf({
        features: (f) => ({ n: count().over("2h"), late: mean(f.delay).where(f.delay.gt(15)).over("3h") }),
      }),
      viewOf({
        features: (f) => ({ n: count().over("1h"), late: mean(f.delay).where(f.delay.gt(16)).over("3h") }),
      }),
      viewOf({ features: (f) => ({ n: count().over("1h"), late: mean(f.delay).over("3h") }) }),
      viewOf({
        features: (f) => ({ n: count().over("1h"), late: max(f.delay).where(f.delay.gt(15)).over("3h") }),
      }),
      viewOf({
        features: (f) => ({ n: count().over("1h"), late: mean(f.share).where(f.delay.gt(15)).over("3h") }),
      }),
      viewOf({
        features: (f) => ({ m: count().over("1h"), late: mean(f.delay).where(f.delay.gt(15)).over("3h") }),
      }),
      viewOf({
        features: (f) => ({ late: mean(f.delay).where(f.delay.gt(15)).over("3h"), n: count().over("1h") }),
      }),
      view("delays", {
        source: events("arrivals", { from: parquet("a.parquet"), schema, eventTime: "at" }),
        entity: { airport: "origin" },
        features: (f) => ({ n: count().over("1h"), late: mean(f.delay).where(f.delay.gt(15)).over("3h") }),
      }),
      view("delays", {
        source: events("flights", {
          from: parquet("a.parquet"),
          schema: { ...schema, delay: t.float().optional() },
          eventTime: "at",
        }),
        entity: { airport: "origin" },
        features: (f) => ({ n: count().over("1h"), late: mean(f.delay).where(f.delay.gt(15)).over("3h") }),
      }),
    ];
    expect(new Set(changed.map(({ hash }) => hash)).size).toBe(changed.length);
  });
});
