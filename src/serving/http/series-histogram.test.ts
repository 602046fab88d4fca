import { AggregatorRegistry, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { SeriesHistogram } from "./series-histogram.js";

/** The library's own histogram says what has to come out. */

const given = {
  name: "seconds",
  help: "How long.",
  labelNames: ["model", "version"] as const,
  buckets: [0.5, 1],
};
const observed = [
  { labels: { model: "a", version: "1" }, values: [0.25, 0.5, 0.75, 1.5] },
  { labels: { model: 'b"\n', version: "" }, values: [1] },
];

function both() {
  const [own, library] = [new Registry(), new Registry()];
  const ours = new SeriesHistogram({ ...given, buckets: [...given.buckets], registers: [own] });
  const theirs = new Histogram({ ...given, buckets: [...given.buckets], registers: [library] });
  for (const { labels, values } of observed) {
    const observe = ours.series(labels);
    for (const value of values) {
      observe(value);
      theirs.observe(labels, value);
    }
  }
  return { own, library };
}

const noExemplars = (key: string, value: unknown) => (key === "exemplar" ? undefined : value);

/** What a process tells another one. */
const told = async (registry: Registry) =>
  JSON.parse(JSON.stringify(await registry.getMetricsAsJSON(), noExemplars)) as object[];

test("text and JSON are those of the library's histogram, and reading them changes nothing", async () => {
  const { own, library } = both();
  expect(await own.metrics()).toBe(await library.metrics());
  const wanted = await told(library);
  for (let reads = 0; reads < 2; reads++) expect(await told(own)).toEqual(wanted);
  expect(await own.metrics()).toBe(await library.metrics());
});

test("those of several processes are added up", async () => {
  const { own, library } = both();
  const twice = async (registry: Registry) =>
    AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), await told(registry)]).metrics();
  const text = await twice(own);
  expect(text).toBe(await twice(library));
  expect(text).toContain('seconds_bucket{le="0.5",model="a",version="1"} 4');
});
