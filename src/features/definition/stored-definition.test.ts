import fc from "fast-check";
import { expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { t, type Canonical } from "../../kernel/index.js";
import { count } from "./aggregation.js";
import { randomSource } from "./random-views.testing.js";
import { earlierView } from "./stored-definition.js";
import { view } from "./view.js";

const stored = (definition: Canonical) => JSON.parse(JSON.stringify(definition)) as Canonical;

test("a view made of its stored definition is the view", () => {
  const shapes = fc.constantFrom<["place"] | ["number", "place"]>(["place"], ["number", "place"]);
  const source = shapes.chain((keyColumns) => randomSource({ keyColumns }));
  fc.assert(
    fc.property(source, ({ views }) => {
      const [{ view: current }] = views;
      for (const { view: other } of views) {
        const made = earlierView(current, stored(other.definition));
        expect(made).toMatchObject({ hash: other.hash, keyColumns: other.keyColumns, clock: other.clock });
        expect(made?.features).toEqual(other.features);
        expect(made?.plan).toEqual(other.plan);
      }
    }),
    { numRuns: 50 },
  );
});

test("there is none once the source means something else", () => {
  const of = (more: object) => {
    const schema = { at: t.timestamp(), place: t.string(), ...more };
    const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
    return view("things", {
      source,
      entity: { place: "place" },
      features: () => ({ n: count().over("1h") }),
    });
  };
  expect(earlierView(of({ delay: t.int() }), stored(of({}).definition))).toBeUndefined();
  expect(earlierView(of({}), stored(of({}).definition))?.hash).toBe(of({}).hash);
});
