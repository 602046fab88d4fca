import { describe, expect, expectTypeOf, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { minuteOfDay, t } from "../../kernel/index.js";
import { count, mean } from "./aggregation.js";
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

const source = events("flights", { from: parquet("a.parquet"), schema, eventTime: "at" });

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

  test("takes the keys of all groups from the request, each field once", () => {
    const legs = view("legs", {
      source,
      entity: { leg: ["origin", "number"] },
      features: () => ({ n: count().over("1h") }),
    });
    const groups = { origin: viewOf(), there: legs, back: [legs.by("destination", "number")] };
    const both = featureSet({ views: groups, request: { at: t.timestamp() } });
    expect(Object.keys(both.request)).toEqual(["origin", "number", "destination", "at"]);
    expect(both.groups.map(({ keys }) => keys)).toEqual([
      ["origin"],
      ["origin", "number"],
      ["destination", "number"],
    ]);
    expect(both.columns.map(({ name }) => name)).toEqual(["origin_n", "origin_late", "there_n", "back_n"]);
    const hashes = [groups.there, legs.by("from", "flight"), legs.by("flight", "from")].map(
      (there) => featureSet({ views: { there }, request: { at: t.timestamp() } }).hash,
    );
    expect(new Set(hashes).size).toBe(3);
  });

  test("whose fields would be keys of two types is refused", () => {
    const legs = view("legs", {
      source,
      entity: { leg: ["origin", "number"] },
      features: () => ({ n: count().over("1h") }),
    });
    const crossed = { there: legs, back: legs.by("number", "origin") as View };
    expect(() => featureSet({ views: crossed, request })).toThrow(codeOf("MW0302"));
    const mixed = { there: [legs, legs.by("destination", "number")] };
    expect(() => featureSet({ views: mixed, request })).toThrow(codeOf("MW0302"));
    const redeclared = { ...request, origin: t.int() };
    expect(() => featureSet({ views: { origin: viewOf() }, request: redeclared })).toThrow(codeOf("MW0302"));
    const repeated = { ...request, origin: t.string().optional() };
    expect(() => featureSet({ views: { origin: viewOf() }, request: repeated })).not.toThrow();
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
