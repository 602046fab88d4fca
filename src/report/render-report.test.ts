import { expect, test } from "vitest";

import { renderReport } from "./index.js";
import type { ReportData } from "./report-data.js";
import { sampleReport } from "./sample-report.testing.js";

const sample = sampleReport();
const none = { value: null, low: null, high: null };

/** Everything that may be absent is absent. */
const bare: ReportData = {
  ...sample,
  verdict: { promoted: false, reasons: [] },
  dataset: { ...sample.dataset, rows: 0, profile: [] },
  metrics: { auc: none, averagePrecision: none, logLoss: none, brier: none, ece: none },
  models: [],
  calibration: { points: [], histogram: { edges: [0, 1], counts: [0] } },
  importances: [],
  slices: [],
  gates: [],
  monitoring: { notRun: "No window was evaluated.", command: "millwright monitor arrival-delay" },
  replay: { notRun: "No replay was run.", command: "millwright replay arrival-delay" },
  timings: [],
  commands: [],
};

/** The same data with every number, or every text, replaced. */
function replaced(data: ReportData, replace: (leaf: unknown, key: string) => unknown): ReportData {
  return JSON.parse(JSON.stringify(data), function (key, value: unknown) {
    return typeof value === "object" && value !== null ? value : replace(value, key);
  }) as ReportData;
}

/** The page without its script and style. */
const body = (text: string) => text.replace(/<(script|style)>.*?<\/\1>/gs, "");

/** Places where something that is no figure was printed as one, with what stands before them. */
const flaws = (text: string) => {
  const page = body(text);
  const found = page.matchAll(/NaN|Infinity|undefined|null|\[object|="—"|,—/g);
  return [...found].map((match) => page.slice(Math.max(0, match.index - 60), match.index + 30));
};

test("equal data give equal text, also after a round trip through JSON", () => {
  expect(renderReport(JSON.parse(JSON.stringify(sample)) as ReportData)).toBe(renderReport(sampleReport()));
});

test("a realistic report stays under a megabyte and a half", () => {
  expect(Buffer.byteLength(renderReport(sample))).toBeLessThan(1.5e6);
});

test("the page refers to nothing outside itself", () => {
  const text = renderReport(sample);
  expect(
    [...text.matchAll(/(?:href|src)="([^"]*)"/g)]
      .map((match) => match[1])
      .filter((to) => !/^(#|data:,)/.test(to)),
  ).toEqual([]);
  expect(text).not.toMatch(/@import|url\((?!#)|https?:\/\//);
  expect(body(text)).not.toMatch(/ style=| on[a-z]+=/);
});

test("every section states its convention, and the contents lead to every section", () => {
  const text = renderReport(sample);
  const ids = [...text.matchAll(/<section id="([a-z]+)"/g)].map((match) => match[1]);
  expect(ids).toEqual([
    "gates",
    "discrimination",
    "calibration",
    "importances",
    "slices",
    "drift",
    "performance",
    "missing",
    "latency",
    "data",
    "time",
    "reproduce",
  ]);
  expect(text.match(/<p class="convention">[^<]{20,}/g)).toHaveLength(ids.length);
  for (const id of ids) expect(text).toContain(`<a href="#${id}">`);
});

test("no figure is printed that is not one", () => {
  for (const data of [sample, bare]) {
    expect(flaws(renderReport(data))).toEqual([]);
  }
});

test("what is absent says so and names its command", () => {
  const text = renderReport(bare);
  expect(text).toContain("No replay was run. To produce it: <code>millwright replay arrival-delay</code>");
  expect(text.match(/No window was evaluated\./g)).toHaveLength(3);
  expect(text).toContain("Refused");
});

test("hostile text is shown, never run", () => {
  const attack = `"><script>alert(1)</script><img src=x onerror='alert(1)'>`;
  const keep = new Set(["role", "origin", "state", "type"]);
  const text = renderReport(
    replaced(sample, (leaf, key) => (typeof leaf === "string" && !keep.has(key) ? attack : leaf)),
  );
  expect(text.match(/<script/g)).toHaveLength(1);
  expect(text).not.toContain("<img");
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test.each([
  ...["auc", "gain", "seconds", "counts", "n", "p50Ms", "rows"].map((name) => [name, 0] as const),
  ...["effect", "pValue", "meanPrediction", "observedRate", "rate", "value", "low"].flatMap(
    (name) =>
      [
        [name, 0],
        [name, null],
      ] as const,
  ),
])("%s may be %s everywhere without a broken coordinate", (name, value) => {
  const data = replaced(sample, (leaf, key) => (key === name && typeof leaf === "number" ? value : leaf));
  expect(flaws(renderReport(data))).toEqual([]);
});

test("figures that are NaN are dashes", () => {
  const data: ReportData = {
    ...sample,
    metrics: { ...sample.metrics, auc: { value: NaN, low: NaN, high: NaN } },
  };
  expect(flaws(renderReport(data))).toEqual([]);
});

test("one window, one slice and one step are drawn too", () => {
  const { monitoring } = sample;
  if ("notRun" in monitoring) throw new TypeError("the sample has monitoring");
  const data: ReportData = {
    ...sample,
    monitoring: { ...monitoring, windows: monitoring.windows.slice(0, 1) },
    slices: sample.slices.map((each) => ({ ...each, slices: each.slices.slice(9, 10) })),
    timings: sample.timings.slice(0, 1),
    importances: sample.importances.slice(0, 1),
  };
  expect(flaws(renderReport(data))).toEqual([]);
});
