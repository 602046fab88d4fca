import { describe, expect, expectTypeOf, test } from "vitest";
import { csv, events, parquet, type SourceOptions } from "../data/index.js";
import { minuteOfDay, t } from "../kernel/index.js";
import { count, max, mean, type WindowedFeature } from "./aggregation.js";
import { checkSpine, featureSet, withoutWindows, type RequestOf } from "./feature-set.js";
import { view, type View, type ViewOptions } from "./view.js";

const schema = {
  at: t.timestamp(),
  origin: t.string(),
  number: t.int(),
  delay: t.int().optional(),
  share: t.float(),
};
type S = typeof schema;

const sourceOf = (changes: Partial<SourceOptions<S>> = {}) =>
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
    expect(viewOf({ entity: { plane: "number" } }).keyColumn).toBe("number");
    const entity = { airport: "share" } as Record<string, string> as Record<string, "origin">;
    expect(() => viewOf({ entity })).toThrow(codeOf("MW0301"));
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

  test("changes with everything that the values depend on", () => {
    const changed = [
      viewOf(),
      viewOf({ entity: { plane: "number" } }),
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

describe("a feature set", () => {
  const request = { at: t.timestamp(), distance: t.int(), carrier: t.string().optional() };
  const derived = { minute: minuteOfDay(source.columns.at) };
  const set = featureSet({ views: { origin: viewOf(), destination: viewOf() }, request, derived });

  test("has numbers first, then texts, in order of definition; a request also has the keys", () => {
    const columns = set.columns.map(({ name, kind, origin }) => `${origin} ${kind} ${name}`);
    expect(columns).toEqual([
      "window number origin_n",
      "window number origin_late",
      "window number destination_n",
      "window number destination_late",
      "request number distance",
      "derived number minute",
      "request text carrier",
    ]);
    expect(Object.keys(set.request)).toEqual(["origin", "destination", "at", "distance", "carrier"]);
    expect(set.request.origin).toMatchObject({ kind: "string", nullable: false });
    expect(set.requestFeatures).toEqual(["distance", "carrier"]);
  });

  test("types its request: keys as the entity's, nullable fields optional", () => {
    interface G {
      origin: View<string>;
      plane: readonly View<number>[];
    }
    type Request = RequestOf<G, typeof request>;
    expectTypeOf<Request["origin"]>().toEqualTypeOf<string>();
    expectTypeOf<Request["plane"]>().toEqualTypeOf<number>();
    expectTypeOf<Request["carrier"]>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf(viewOf()).toExtend<View<string | number>>();
    expect(set.groups.map(({ name }) => name)).toEqual(["origin", "destination"]);
  });

  test("with two features of one name is refused", () => {
    const twice = { request: { ...request, origin_n: t.int() }, views: { origin: viewOf() } };
    expect(() => featureSet(twice)).toThrow(codeOf("MW0302"));
  });

  test("without a feature is refused", () => {
    expect(() => featureSet({ views: {}, request: { at: t.timestamp() } })).toThrow(codeOf("MW0302"));
  });

  test("whose group mixes types of keys, or holds something else than views, is refused", () => {
    const mixed = [viewOf(), viewOf({ entity: { plane: "number" } })];
    expect(() => featureSet({ views: { origin: mixed }, request })).toThrow(codeOf("MW0302"));
    const stranger = { requst: { at: t.timestamp() } } as object as Record<string, View>;
    expect(() => featureSet({ views: stranger, request })).toThrow(codeOf("MW0302"));
    expect(() => featureSet({ views: { origin: [] }, request })).toThrow(codeOf("MW0302"));
  });

  test("derives numbers and conditions alone, from the request alone", () => {
    const f = source.columns;
    const of = (expression: typeof f.at | typeof f.delay | typeof f.origin) => () =>
      featureSet({ views: {}, request, derived: { x: expression } });
    expect(of(f.at)).toThrow(codeOf("MW0302", "minuteOfDay"));
    expect(of(f.delay)).toThrow(codeOf("MW0302", "Valid names: at, distance, carrier."));
    expect(() => featureSet({ views: {}, request, derived: { x: f.at.isNull() } })).not.toThrow();
  });

  test("needs a spine with every field of its request, of the same type", () => {
    const spine = { ...schema, destination: t.string(), distance: t.float(), carrier: t.string() };
    expect(() => checkSpine(set, spine)).not.toThrow();
    const { distance, ...short } = spine;
    expect(() => checkSpine(set, { ...short, distanc: distance })).toThrow(
      codeOf("MW0302", 'Did you mean "distanc"?'),
    );
    expect(() => checkSpine(set, { ...spine, distance: t.string() })).toThrow(codeOf("MW0302"));
    expect(() => checkSpine(set, { ...spine, destination: t.int() })).toThrow(codeOf("MW0302"));
  });

  test("has a hash of its meaning", () => {
    const again = featureSet({ views: { origin: viewOf(), destination: [viewOf()] }, request, derived });
    expect(again.hash).toBe(set.hash);
    const { minute } = derived;
    const others = [
      featureSet({ views: { destination: viewOf(), origin: viewOf() }, request, derived }),
      featureSet({ views: { origin: viewOf() }, request, derived }),
      featureSet({
        views: { origin: viewOf(), destination: viewOf({ clock: "available" }) },
        request,
        derived,
      }),
      featureSet({
        views: set.groups.reduce((all, { name, views }) => ({ ...all, [name]: views }), {}),
        request,
      }),
      featureSet({
        views: { origin: viewOf(), destination: viewOf() },
        request: { ...request, distance: t.int().between(0, 9) },
        derived,
      }),
      featureSet({
        views: { origin: viewOf(), destination: viewOf() },
        request,
        derived: { minute: minute.plus(1) },
      }),
    ];
    expect(new Set([set, ...others].map(({ hash }) => hash)).size).toBe(others.length + 1);
  });

  test("without its windows keeps what the request gives, and no key that is nothing else", () => {
    const both = featureSet({
      views: { origin: viewOf(), carrier: viewOf() },
      request,
      derived,
    });
    const rest = withoutWindows(both);
    expect(rest.columns.map(({ name }) => name)).toEqual(["distance", "minute", "carrier"]);
    expect(Object.keys(rest.request)).toEqual(["carrier", "at", "distance"]);
    expect(rest.groups).toEqual([]);
    const onlyWindows = featureSet({ views: { origin: viewOf() }, request: { at: t.timestamp() } });
    expect(() => withoutWindows(onlyWindows)).toThrow(codeOf("MW0302"));
  });
});
