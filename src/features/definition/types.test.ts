import { describe, expectTypeOf, it } from "vitest";
import { events, parquet } from "../../data/index.js";
import { t, type Schema } from "../../kernel/index.js";
import { count, first, last, mean, quantile, topValue } from "./aggregation.js";
import type { Groups, RequestOf } from "./feature-set.js";
import { view, type KeyFields, type View } from "./view.js";

const source = events("flights", {
  from: parquet("a.parquet"),
  schema: {
    at: t.timestamp(),
    origin: t.string(),
    destination: t.string(),
    carrier: t.string().optional(),
    plane: t.int(),
    delay: t.int().optional(),
    late: t.bool(),
  },
  eventTime: "at",
});
const features = () => ({ n: count().over("1h") });

const declared = { date: t.timestamp(), seat: t.string().optional() };
expectTypeOf(declared).toExtend<Schema>();

const airports = view("airports", { source, entity: { airport: "origin" }, features });
const planes = view("planes", { source, entity: { plane: "plane" }, features });
const carriers = view("carriers", { source, entity: { carrier: "carrier" }, features });
const routes = view("routes", { source, entity: { route: ["origin", "destination"] }, features });
const legs = view("legs", { source, entity: { leg: ["carrier", "plane"] }, features });

interface Route {
  origin: string;
  destination: string;
}

describe("the key of a view", () => {
  it("is what its column holds, without null", () => {
    expectTypeOf(airports).toEqualTypeOf<View<string>>();
    expectTypeOf(planes).toEqualTypeOf<View<number>>();
    expectTypeOf(carriers).toEqualTypeOf<View<string>>();
  });

  it("of several columns is a field for each", () => {
    expectTypeOf(routes).toEqualTypeOf<View<KeyFields<Route, readonly [string, string]>>>();
    expectTypeOf(legs).toEqualTypeOf<
      View<KeyFields<{ carrier: string; plane: number }, readonly [string, number]>>
    >();
  });

  it("may be taken from other fields, part by part", () => {
    expectTypeOf(legs.by("operator", "aircraft")).toEqualTypeOf<
      View<KeyFields<{ operator: string; aircraft: number }, readonly [string, number]>>
    >();
    expectTypeOf(planes.by("tail")).toEqualTypeOf<View<KeyFields<{ tail: number }, readonly [number]>>>();
    expectTypeOf(legs.by("a", "b").by("operator", "aircraft")).toEqualTypeOf<
      ReturnType<typeof legs.by<readonly ["operator", "aircraft"]>>
    >();
    const misuse = () => [
      // @ts-expect-error -- the key has two parts
      routes.by("destination"),
      // @ts-expect-error -- the key has two parts
      routes.by("destination", "origin", "carrier"),
      // @ts-expect-error -- the key has one part
      airports.by(),
    ];
    expectTypeOf(misuse).toBeFunction();
  });
});

describe("a wrong column is a compile error", () => {
  it("in the entity", () => {
    const misuse = () => [
      // @ts-expect-error -- there is no such column
      view("x", { source, entity: { airport: "orign" }, features }),
      // @ts-expect-error -- there is no such column
      view("x", { source, entity: { route: ["origin", "destinaton"] }, features }),
      // @ts-expect-error -- a time names no entity
      view("x", { source, entity: { moment: "at" }, features }),
      // @ts-expect-error -- nor does a condition, as a part of a key
      view("x", { source, entity: { route: ["origin", "late"] }, features }),
    ];
    expectTypeOf(misuse).toBeFunction();
  });

  it("in the source, and so is one of the wrong type, or one that may be null", () => {
    const from = parquet("a.parquet");
    const schema = {
      at: t.timestamp(),
      seen: t.timestamp().optional(),
      text: t.string(),
      share: t.float(),
      code: t.int().optional(),
    };
    const misuse = () => [
      // @ts-expect-error -- a text is no time
      events("x", { from, schema, eventTime: "text" }),
      // @ts-expect-error -- it may be null
      events("x", { from, schema, eventTime: "seen" }),
      // @ts-expect-error -- there is no such column
      events("x", { from, schema, eventTime: "when" }),
      // @ts-expect-error -- a number with fractions identifies nothing
      events("x", { from, schema, eventTime: "at", id: "share" }),
      // @ts-expect-error -- it may be null
      events("x", { from, schema, eventTime: "at", id: "code" }),
      events("x", { from, schema, eventTime: "at", id: "text" }),
      // @ts-expect-error -- a number with fractions is no key
      view("x", { source: events("x", { from, schema, eventTime: "at" }), entity: { k: "share" }, features }),
    ];
    expectTypeOf(misuse).toBeFunction();
  });

  it("where the schema is not known is no error", () => {
    const made = (schema: Schema) => events("x", { from: parquet("a.parquet"), schema, eventTime: "any" });
    const viewed = (any: ReturnType<typeof made>) =>
      view("x", { source: any, entity: { any: "any" }, features });
    expectTypeOf([made, viewed]).toBeArray();
  });

  it("in the features, and so is a column of the wrong type", () => {
    const misuse = (f: typeof source.columns) => [
      // @ts-expect-error -- there is no such column
      void f.dealy,
      // @ts-expect-error -- a mean of texts
      mean(f.origin),
      // @ts-expect-error -- a quantile of conditions
      quantile(f.late, 0.5),
      // @ts-expect-error -- the last of times
      last(f.at),
      // @ts-expect-error -- the number of delays is not a condition
      count().where(f.delay),
      // @ts-expect-error -- a window is a duration
      count().over("1 hour"),
      [first(f.late), last(f.delay), topValue(f.origin, 2)],
    ];
    expectTypeOf(misuse).toBeFunction();
  });
});

describe("a request", () => {
  type Request<G> = RequestOf<G, typeof declared>;

  it("names single keys by their group", () => {
    expectTypeOf<Request<{ from: typeof airports; plane: readonly (typeof planes)[] }>>().toExtend<{
      from: string;
      plane: number;
      date: Date | number | string;
      seat?: string | null;
    }>();
    expectTypeOf<keyof Request<{ from: typeof airports }>>().toEqualTypeOf<"from" | "date" | "seat">();
  });

  it("names keys of several parts by their fields, not by their group", () => {
    type Given = Request<{ there: typeof routes }>;
    expectTypeOf<keyof Given>().toEqualTypeOf<"origin" | "destination" | "date" | "seat">();
    expectTypeOf<Pick<Given, "origin" | "destination">>().toEqualTypeOf<Route>();
  });

  it("holds the keys of all groups, of one part and of several", () => {
    const groups = {
      airport: airports,
      there: routes,
      back: routes.by("destination", "origin"),
      legs: [legs.by("operator", "aircraft")],
    };
    expectTypeOf(groups).toExtend<Groups>();
    type Given = Request<typeof groups>;
    expectTypeOf<keyof Given>().toEqualTypeOf<
      "airport" | "origin" | "destination" | "operator" | "aircraft" | "date" | "seat"
    >();
    expectTypeOf<Given["airport"]>().toEqualTypeOf<string>();
    expectTypeOf<Given["operator"]>().toEqualTypeOf<string>();
    expectTypeOf<Given["aircraft"]>().toEqualTypeOf<number>();
    const given = { airport: "JFK", origin: "JFK", destination: "SFO", operator: "AA", aircraft: 7, date: 0 };
    expectTypeOf(given).toExtend<Given>();
    const { aircraft, ...missing } = given;
    expectTypeOf(aircraft).toBeNumber();
    expectTypeOf(missing).not.toExtend<Given>();
    expectTypeOf({ ...given, aircraft: "N7" }).not.toExtend<Given>();
  });

  it("without groups is what was declared", () => {
    expectTypeOf<keyof Request<object>>().toEqualTypeOf<"date" | "seat">();
  });
});
