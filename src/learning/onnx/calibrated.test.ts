import { beforeAll, describe, expect, test } from "vitest";
import { calibrate, type Calibration } from "../calibration/calibration.js";
import { fitIsotonic } from "../calibration/isotonic.js";
import { fitPlatt } from "../calibration/platt.js";
import { fitTemperature } from "../calibration/temperature.js";
import { madeExamples, sliceRows } from "../examples.testing.js";
import type { Examples, FeatureTable } from "../feature-table.js";
import { predictLinear } from "../linear/model.js";
import { trainLinear } from "../linear/train.js";
import { calibratedOnnx } from "./calibrated.js";
import { toOnnx } from "./export.js";
import { feedsOf, openGraph } from "./session.testing.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const rowCount = 20_000;
const made = madeExamples(rowCount);
const three = Uint16Array.from(made.target.labels, (label, row) => (row % 5 === 0 ? 2 : label));
const examples = {
  binary: made,
  multiclass: { ...made, target: { kind: "multiclass", labels: three, classes: ["a", "b", "c"] } },
} satisfies Record<string, Examples>;

async function answers(graph: Uint8Array, table: FeatureTable): Promise<Float32Array> {
  const session = await openGraph(graph);
  return (await session.run(feedsOf(table)))[session.outputNames[0]].data as Float32Array;
}

const graphs: { binary?: Uint8Array; multiclass?: Uint8Array } = {};
const graphOf = (task: "binary" | "multiclass") => graphs[task] ?? new Uint8Array(0);
beforeAll(async () => {
  graphs.binary = toOnnx(await trainLinear(examples.binary, {}), info);
  graphs.multiclass = toOnnx(await trainLinear(examples.multiclass, {}), info);
});

const { labels } = made.target;
const calibrations = {
  platt: { task: "binary", fit: (p: Float32Array): Calibration => fitPlatt({ probabilities: p, labels }) },
  isotonic: {
    task: "binary",
    fit: (p: Float32Array): Calibration => fitIsotonic({ probabilities: p, labels }),
  },
  temperature: {
    task: "multiclass",
    fit: (p: Float32Array): Calibration => fitTemperature({ probabilities: p, labels: three }, 3),
  },
} as const;

describe.each(["platt", "isotonic", "temperature"] as const)("a graph calibrated by %s", (kind) => {
  const { task, fit } = calibrations[kind];

  test("answers what the reference makes of the raw answers, to the last place", async () => {
    const raw = await answers(graphOf(task), made);
    const calibration = fit(raw);
    const found = await answers(calibratedOnnx(graphOf(task), calibration), made);
    const expected = calibrate(calibration, raw);
    expect(found.length).toBe(expected.length);
    if (kind === "isotonic") expect(found).toEqual(expected);
    const worst = found.reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i])), 0);
    expect(worst).toBeLessThan(2e-7);
    expect(found).not.toEqual(raw);
  });

  test.each([1, 3, 7, 100])("a row in a batch of %i has the bits it has among all", async (size) => {
    const graph = calibratedOnnx(graphOf(task), fit(await answers(graphOf(task), made)));
    const session = await openGraph(graph);
    const [name] = session.outputNames;
    expect(name).toBe(task === "binary" ? "probability" : "probabilities");
    const all = (await session.run(feedsOf(made)))[name].data as Float32Array;
    const width = all.length / rowCount;
    for (let start = 0; start < Math.min(rowCount, 300 * size) - size; start += size) {
      const part = (await session.run(feedsOf(sliceRows(made, start, start + size))))[name];
      expect(part.dims[0]).toBe(size);
      expect(part.data).toEqual(all.slice(start * width, (start + size) * width));
    }
  });

  test("is the same bytes from the same calibration, and can be calibrated again", async () => {
    const raw = await answers(graphOf(task), made);
    const calibration = fit(raw);
    const once = calibratedOnnx(graphOf(task), calibration);
    expect(Buffer.compare(once, calibratedOnnx(graphOf(task), calibration))).toBe(0);
    const twice = calibratedOnnx(calibratedOnnx(once, calibration), calibration);
    const expected = [1, 2, 3].reduce((p) => calibrate(calibration, p), raw);
    (await answers(twice, made)).forEach((p, i) => {
      if (Math.abs(p - expected[i]) > 1e-6) expect(p).toBe(expected[i]);
    });
  });
});

test("the shape of the output stays what it was", async () => {
  const calibration: Calibration = { kind: "platt", slope: 1, intercept: 0 };
  const session = await openGraph(calibratedOnnx(graphOf("binary"), calibration));
  const [before] = (await openGraph(graphOf("binary"))).outputMetadata;
  expect(session.outputMetadata).toEqual([before]);
  // Slope 1 and intercept 0 change nothing but the last places.
  const expected = predictLinear(await trainLinear(made, {}), made);
  (await answers(calibratedOnnx(graphOf("binary"), calibration), made)).forEach((p, row) => {
    if (Math.abs(p - expected[row]) > 1e-6) expect(p).toBe(expected[row]);
  });
});

test("graphs that cannot be calibrated are coded errors", async () => {
  const platt: Calibration = { kind: "platt", slope: 1, intercept: 0 };
  const temperature: Calibration = { kind: "temperature", temperature: 2, classes: 4 };
  expect(() => calibratedOnnx(Uint8Array.of(255, 255), platt)).toThrow("MW0422");
  expect(() => calibratedOnnx(new Uint8Array(0), platt)).toThrow("MW0422");
  expect(() => calibratedOnnx(graphOf("multiclass"), platt)).toThrow("MW0422");
  expect(() => calibratedOnnx(graphOf("multiclass"), temperature)).toThrow("MW0422");
  expect(() => calibratedOnnx(graphOf("binary"), temperature)).toThrow("MW0422");
});
