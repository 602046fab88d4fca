import { describe, expect, expectTypeOf, test } from "vitest";
import { byGroup, byTime, csv, events, parquet, table } from "../data/index.js";
import { count, mean, view } from "../features/index.js";
import {
  canonicalHash,
  columnsOf,
  minuteOfDay,
  numberExpression,
  t,
  tableOf,
  type NumberExpression,
  type Schema,
} from "../kernel/index.js";
import { atLeast } from "./gate.js";
import type { ModelOptions } from "./model-options.js";
import { model, slicesJson, type ModelDefinition } from "./model.js";
import { describeExpression } from "./task.js";
import { inLearningOrder, outcomesOf } from "./outcome.js";
import { gbdt, linear, logistic } from "./trainer.js";
import { float } from "./tuning/space.js";
import { tune } from "./tuning/tune.js";

const schema = {
  date: t.timestamp(),
  delay: t.int(),
  distance: t.int(),
  origin: t.string(),
  plane: t.int(),
  carrier: t.string().optional(),
};

const sourceAt = (path: string) =>
  events("flights", {
    from: parquet(path),
    schema,
    eventTime: "date",
    availableAt: (f) => f.date.plus("5h"),
  });
const flights = sourceAt("flights.parquet");

const traffic = view("traffic", {
  source: flights,
  entity: { airport: "origin" },
  features: (f) => ({ n_1h: count().over("1h"), delay_3h: mean(f.delay).over("3h") }),
});
const plane = view("plane", {
  source: flights,
  entity: { plane: "plane" },
  features: () => ({ n_1d: count().over("1d") }),
});

const request = { date: t.timestamp(), distance: t.int(), carrier: t.string().optional() };

const delays = model("arrival-delay", {
  task: "binary",
  label: (f) => f.delay.gt(15),
  spine: flights.at("date"),
  features: { origin: traffic, plane: [plane], request, derived: (r) => ({ minute: minuteOfDay(r.date) }) },
  split: byTime({ train: "2001-01/2001-02", test: "2001-03/2001-04" }),
  trainer: gbdt({ trees: 5 }),
  gates: [atLeast("auc", 0.5)],
});

type Options = ModelOptions<typeof schema, typeof request, { origin: typeof traffic }, "binary">;

const base: Options = {
  task: "binary",
  label: (f) => f.delay.gt(15),
  spine: flights.at("date"),
  features: { origin: traffic, request },
  trainer: gbdt(),
  gates: [atLeast("auc", 0.5)],
};

const changed = (changes: Partial<Options>, name = "arrival-delay") => model(name, { ...base, ...changes });
const codeOf = (code: string, remedy: RegExp | string = /./) =>
  expect.objectContaining({ code, remedy: expect.stringMatching(remedy) as string }) as Error;

describe("a model's types", () => {
  type Request = NonNullable<(typeof delays)["types"]>["request"];

  test("have the keys of its groups and the fields of its request, optional ones optional", () => {
    expectTypeOf<Request["origin"]>().toEqualTypeOf<string>();
    expectTypeOf<Request["plane"]>().toEqualTypeOf<number>();
    expectTypeOf<Request["distance"]>().toEqualTypeOf<number>();
    expectTypeOf<Request["date"]>().toEqualTypeOf<Date | number | string>();
    expectTypeOf<keyof Request>().toEqualTypeOf<"origin" | "plane" | "date" | "distance" | "carrier">();
    expectTypeOf<{ origin: string; plane: number; date: Date; distance: number }>().toExtend<Request>();
    expectTypeOf<{ origin: string; plane: number; date: Date }>().not.toExtend<Request>();
    expectTypeOf(delays).toExtend<ModelDefinition<"arrival-delay">>();
    expect(Object.keys(delays.features.request)).toEqual(["origin", "plane", "date", "distance", "carrier"]);
  });

  test("do not know a column that is not there, and neither does the model", () => {
    const misspelt = () =>
      changed({
        label: (f) => {
          // @ts-expect-error -- there is no such column
          void f.dealy;
          return f.delay.gt(15);
        },
      });
    expect(misspelt).toThrow(codeOf("MW0103", 'Did you mean "delay"?'));
    const derived = () =>
      changed({
        features: {
          origin: traffic,
          request,
          derived: (r) => {
            // @ts-expect-error -- the delay is no field of the request: it would be the future
            void r.delay;
            return {};
          },
        },
      });
    expect(derived).toThrow(codeOf("MW0103"));
  });
});

describe("a model", () => {
  test("has defaults for what is left out", () => {
    const { split, baseline, slo, monitor, slices, task, ablation } = changed({});
    expect(split.definition).toEqual(byTime({ trainShare: 2 / 3 }).definition);
    expect(baseline?.name).toBe("logistic");
    expect(slo).toEqual({ p95Ms: 100 });
    expect(monitor).toEqual({});
    expect(slices).toEqual([]);
    expect(task.matureAfterMs).toBe(86_400_000);
    expect(ablation).toBeUndefined();
  });

  test("is frozen and knows its features, its ablation and its slices", () => {
    const given = changed({
      ablation: true,
      slices: (f) => ({ carrier: f.carrier, far: f.distance.gt(1000) }),
    });
    expect(Object.isFrozen(given)).toBe(true);
    expect(given.ablation?.columns.map(({ name }) => name)).toEqual(["distance", "carrier"]);
    expect(slicesJson(given.slices)).toEqual([
      { name: "carrier", expression: { column: "carrier" } },
      { name: "far", expression: { op: "gt", args: [{ column: "distance" }, 1000] } },
    ]);
    expect(delays.features.columns.map(({ name }) => name)).toEqual([
      "origin_n_1h",
      "origin_delay_3h",
      "plane_n_1d",
      "distance",
      "minute",
      "carrier",
    ]);
  });

  test.each(["", "Delay", "1st", "a b", "a_b", "ä", "a".repeat(65)])("is not called %j: MW0501", (name) => {
    expect(() => changed({}, name)).toThrow(codeOf("MW0501"));
  });

  test("with a part of a wrong type is refused: MW0501", () => {
    expect(() => changed({ task: "regression" as string as "binary" })).toThrow(codeOf("MW0501"));
    expect(() => changed({ label: "delay" as never })).toThrow(codeOf("MW0501"));
    expect(() => changed({ label: (() => flights.columns.delay) as never })).toThrow(codeOf("MW0501"));
    expect(() => changed({ gates: [] })).toThrow(codeOf("MW0501"));
  });

  test("with an unknown option is refused and told the nearest: MW0103", () => {
    expect(() => changed({ gate: [] } as object)).toThrow(codeOf("MW0103", 'Did you mean "gates"?'));
    expect(() => changed({ slo: { p95: 3 } as object })).toThrow(codeOf("MW0103", 'Did you mean "p95Ms"?'));
    expect(() => changed({ monitor: { treshold: 3 } as object })).toThrow(codeOf("MW0103", "threshold"));
  });

  test("with a bad number or duration is refused", () => {
    expect(() => changed({ slo: { p95Ms: 0 } })).toThrow(codeOf("MW0104"));
    expect(() => changed({ matureAfter: "soon" as "1d" })).toThrow(codeOf("MW0101"));
  });

  test("needs its spine's time as a timestamp of the request: MW0501", () => {
    const without = { origin: traffic, request: { distance: t.int() } };
    expect(() => model("m", { ...base, features: without })).toThrow(codeOf("MW0501", "date: t.timestamp()"));
  });

  test("needs request fields that the spine has: MW0302", () => {
    const strange = { origin: traffic, request: { ...request, distanc: t.int() } };
    expect(() => model("m", { ...base, features: strange })).toThrow(
      codeOf("MW0302", 'Did you mean "distance"?'),
    );
    const misnamed = { orgin: traffic, request };
    expect(() => model("m", { ...base, features: misnamed })).toThrow(
      codeOf("MW0302", 'Did you mean "origin"?'),
    );
  });
});

describe("a model's hash", () => {
  test("is that of its definition, equal for equal definitions wherever the rows lie", () => {
    expect(changed({}).hash).toBe(changed({}).hash);
    expect(changed({}).hash).toBe(canonicalHash(changed({}).definition));
    const moved = events("flights", {
      from: csv("elsewhere.csv"),
      schema,
      eventTime: "date",
      availableAt: (f) => f.date.plus("5h"),
    });
    expect(changed({ spine: moved.at("date") }).hash).toBe(changed({}).hash);
  });

  test("changes with everything that decides the model", () => {
    const models = [
      changed({}),
      changed({}, "other"),
      changed({ label: (f) => f.delay.gt(16) }),
      changed({ matureAfter: "2d" }),
      changed({ split: byTime({ trainShare: 0.5 }) }),
      changed({ trainer: gbdt({ trees: 7 }) }),
      changed({ trainer: gbdt({ seed: 1 }) }),
      changed({ trainer: logistic() }),
      changed({ features: { origin: traffic, request, derived: (r) => ({ minute: minuteOfDay(r.date) }) } }),
    ];
    expect(new Set(models.map(({ hash }) => hash)).size).toBe(models.length);
  });

  test("does not change with what judges the model, nor does its contract with what fits it", () => {
    const { hash, contract } = changed({});
    const judged = changed({
      gates: [atLeast("auc", 0.9)],
      baseline: gbdt(),
      ablation: true,
      slo: { p95Ms: 5 },
    });
    expect(judged.hash).toBe(hash);
    expect(
      changed({ trainer: gbdt({ trees: 7 }), split: byTime({ trainShare: 0.5 }) }, "other").contract,
    ).toEqual(contract);
    expect(changed({ label: (f) => f.delay.gt(16) }).contract).not.toEqual(contract);
    expect(changed({ matureAfter: "2d" }).contract).not.toEqual(contract);
  });
});

describe("trainers", () => {
  test("resolve their options, defaults included", () => {
    expect(gbdt({ trees: 7, seed: 3 })).toMatchObject({
      name: "gbdt",
      seed: 3,
      options: { trees: 7, leaves: 31, learningRate: 0.1, l2: 0, maxBins: 255, seed: 3 },
    });
    expect(logistic()).toMatchObject({ name: "logistic", seed: 0, options: { l2: 1, maxIterations: 50 } });
  });

  test("refuse unknown options and name the nearest: MW0401", () => {
    expect(() => gbdt({ tress: 7 } as object)).toThrow(codeOf("MW0401", 'Did you mean "trees"?'));
    expect(() => logistic({ l3: 7 } as object)).toThrow(codeOf("MW0401", /Did you mean "l[12]"/));
    expect(() => gbdt({ trees: 0 })).toThrow(codeOf("MW0401"));
    expect(() => gbdt({ trees: "7" as never })).toThrow(codeOf("MW0401"));
  });
});

describe("an expression in words", () => {
  const f = flights.columns;
  const any: Schema = schema;

  test.each([
    [f.delay.gt(15).node, "delay > 15"],
    [f.delay.plus(1).times(2).le(f.distance).node, "((delay + 1) × 2) ≤ distance"],
    [f.origin.ne("JFK").and(f.delay.isNull().not()).node, "(origin ≠ JFK) and not(isNull(delay))"],
    [f.delay.atLeast(0).modulo(7).node, "max(delay, 0) mod 7"],
    [f.delay.gt(0).then(1, 2).node, "when((delay > 0), 1, 2)"],
    [numberExpression({ op: "column", name: Object.keys(any)[1] }).minus(-1).node, "delay − -1"],
  ])("%# reads as %2$s", (node, text) => {
    expect(describeExpression(node)).toBe(text);
  });
});

describe("tasks", () => {
  const common = {
    spine: flights.at("date"),
    features: { request: { date: t.timestamp(), distance: t.int() } },
    trainer: gbdt({ trees: 5 }),
  } as const;
  const carriers = ["AA", "UA"] as const;
  const carrier = model("carrier", {
    ...common,
    task: "multiclass",
    label: (f) => f.carrier,
    classes: carriers,
    gates: [atLeast("accuracy", 0.5)],
  });

  test("decide what is answered", () => {
    type Response = NonNullable<(typeof carrier)["types"]>["response"];
    expectTypeOf<Response["label"]>().toEqualTypeOf<"AA" | "UA">();
    expectTypeOf<Response["probabilities"]>().toEqualTypeOf<Readonly<Record<"AA" | "UA", number>>>();
    expect(carrier.task).toMatchObject({ kind: "multiclass", classes: ["AA", "UA"] });
    expect(carrier.baseline?.name).toBe("logistic");
  });

  const rows = table("rows", {
    from: csv("rows.csv"),
    schema: { x: t.float(), y: t.float(), who: t.string() },
  });
  const plain = {
    task: "regression",
    label: (f: { readonly y: NumberExpression }) => f.y,
    spine: rows.rows(),
    features: { request: { x: t.float() } },
    trainer: linear(),
    gates: [atLeast("r2", 0)],
  } as const;

  test("of a table need no time, split by strata, and their labels are final at once", () => {
    const { split, task, baseline } = model("plain", plain);
    expect(split.kind).toBe("stratified");
    expect(task.matureAfterMs).toBe(0);
    expect(baseline?.name).toBe("linear");
  });

  const given = (changes: object) => () => model("plain", { ...plain, ...changes } as never);
  test.each<[string, () => unknown, RegExp]>([
    ["a task that is none", given({ task: "clustering" }), /task to be one of binary/],
    ["a label of another type", given({ label: (f: { who: unknown }) => f.who }), /label to be a number/],
    ["classes of a regression", given({ classes: ["a", "b"] }), /classes for a multiclass task/],
    [
      "no classes",
      given({ task: "multiclass", trainer: logistic(), label: (f: { who: unknown }) => f.who }),
      /classes for a multiclass/,
    ],
    [
      "one class",
      given({
        task: "multiclass",
        trainer: logistic(),
        classes: ["a"],
        label: (f: { who: unknown }) => f.who,
      }),
      /2 to 1000 different texts/,
    ],
    ["no group", given({ task: "ranking" }), /group for a ranking task/],
    ["a trainer of another task", given({ trainer: logistic() }), /a trainer of regression tasks/],
    ["a split by time without a time", given({ split: byTime({ trainShare: 0.5 }) }), /a split without time/],
    [
      "a split by a column that is not there",
      given({ split: byGroup({ column: "whom", testShare: 0.5 }) }),
      /Did you mean "who"/,
    ],
    [
      "views without a time",
      given({ features: { who: traffic, request: { x: t.float() } } }),
      /MW030|spine with a time/,
    ],
    [
      "fairness of a ranking",
      given({
        task: "ranking",
        group: (f: { who: unknown }) => f.who,
        gates: [atLeast("ndcg", 0)],
        fairness: () => ({}),
      }),
      /fairness of a binary or regression task/,
    ],
    ["a calibration of numbers", given({ calibration: "platt" }), /a calibration of a regression task/],
    ["a gate on another task's metric", given({ gates: [atLeast("auc", 0.5)] }), /MW0501/],
    [
      "a metric of another task",
      given({ tuning: tune({ space: { l2: float(0, 1) }, trials: 2, metric: "auc" }) }),
      /MW0501/,
    ],
    [
      "a weight that is no number",
      given({ weight: (f: { who: unknown }) => f.who }),
      /weight to be a number/,
    ],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("outcomes", () => {
  const schema = { kind: t.string().optional(), amount: t.float().optional() };
  const known = tableOf(schema, [
    ["a", 1],
    [null, null],
    ["b", 3],
    ["a", 2],
  ]);
  const { kind, amount } = columnsOf(schema);
  const common = { matureAfterMs: 0 };

  test("are numbers of classes, values, and numbers of groups; NaN where nothing is known", () => {
    const classes = { kind: "multiclass", label: kind.node, classes: ["b", "a"], ...common } as const;
    expect([...outcomesOf(classes, known).values]).toEqual([1, NaN, 0, 1]);
    const ranking = { kind: "ranking", label: amount.node, group: kind.node, ...common } as const;
    const outcomes = outcomesOf(ranking, known);
    expect([...outcomes.values]).toEqual([1, NaN, 3, 2]);
    expect([...(outcomes.groups ?? [])]).toEqual([0, -1, 1, 0]);
    expect([...inLearningOrder(outcomes, Uint32Array.of(0, 2, 3))]).toEqual([0, 3, 2]);
    expect([...outcomesOf({ kind: "anomaly", ...common }, known).values]).toEqual([NaN, NaN, NaN, NaN]);
  });

  test("of a class that the model does not have are an error that names the row", () => {
    const classes = { kind: "multiclass", label: kind.node, classes: ["a", "c"], ...common } as const;
    expect(() => outcomesOf(classes, known)).toThrow(/MW0530.*"b" in row 2/);
  });
});
