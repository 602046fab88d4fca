import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawRows, sliceRows, type ProfiledRows } from "./profiled-rows.testing.js";
import { readReferenceProfile } from "./read-reference-profile.js";
import { buildReferenceProfile, type FeatureColumn, type ReferenceProfile } from "./reference-profile.js";
import { createWindowProfile } from "./window-profile.js";

const reference = profileOf(drawRows(2000, 1));

function profileOf({ features, probability }: ProfiledRows): ReferenceProfile {
  return buildReferenceProfile(features, probability);
}

function countsOf(rows: ProfiledRows) {
  const window = createWindowProfile(reference);
  window.addColumns(rows.features, rows.probability);
  return window.counts();
}

describe("buildReferenceProfile", () => {
  test("summarises numbers and counts texts", () => {
    // By hand: 1, 2, 3, 6 have mean 3 and population variance (4 + 1 + 0 + 9) / 4.
    const features: FeatureColumn[] = [
      { name: "x", kind: "number", values: Float32Array.of(3, NaN, 1, 6, 2) },
      {
        name: "t",
        kind: "text",
        codes: Int32Array.of(2, 0, -1, 2, 1),
        dictionary: ["b", "a", "c", "unused"],
      },
    ];
    const profile = buildReferenceProfile(features, new Float32Array(5).fill(0.5), { bins: 2, topValues: 2 });
    expect(profile).toMatchObject({
      format: 1,
      rows: 5,
      features: [
        { name: "x", edges: [1, 3, 6 + 2 ** -50], counts: [0, 2, 2, 0], missing: 1 },
        { name: "t", values: ["c", "a"], counts: [2, 1, 1], missing: 1 },
      ],
      prediction: { name: "prediction", counts: [0, 5, 0], missing: 0 },
    });
    expect(profile.features[0]).toMatchObject({ summary: { mean: 3, std: Math.sqrt(3.5), min: 1, max: 6 } });
  });

  test("has no summary of a column without values", () => {
    const values = new Float32Array(2).fill(NaN);
    const profile = buildReferenceProfile([{ name: "x", kind: "number", values }], Float32Array.of(0, 1));
    expect(profile.features[0]).toMatchObject({ edges: [], counts: [0], missing: 2, summary: null });
  });

  test("adds up texts that a dictionary holds twice", () => {
    const column = {
      name: "t",
      kind: "text",
      codes: Int32Array.of(0, 1, 2),
      dictionary: ["a", "b", "a"],
    } as const;
    const profile = buildReferenceProfile([column], new Float32Array(3));
    expect(profile.features[0]).toMatchObject({ values: ["a", "b"], counts: [2, 1, 0] });
  });

  test("does not depend on the order of rows", () => {
    const rows = drawRows(500, 4);
    const reversed: ProfiledRows = {
      features: rows.features.map((column) =>
        column.kind === "number"
          ? { ...column, values: column.values.toReversed() }
          : { ...column, codes: column.codes.toReversed() },
      ),
      probability: rows.probability.toReversed(),
    };
    expect(profileOf(reversed)).toEqual(profileOf(rows));
  });

  test("refuses columns of unequal length", () => {
    const column = { name: "x", kind: "number", values: new Float32Array(2) } as const;
    expect(() => buildReferenceProfile([column], new Float32Array(3))).toThrow(/MW0904/);
  });
});

describe("readReferenceProfile", () => {
  test("reads back what was written", () => {
    expect(readReferenceProfile(JSON.stringify(reference))).toEqual(reference);
  });

  test("knows an altered count by the hash", () => {
    const altered = { ...reference, rows: reference.rows + 1 };
    expect(() => readReferenceProfile(JSON.stringify(altered))).toThrow(/MW0902.*content hash/);
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "3"],
    ["another format", JSON.stringify({ ...reference, format: 2 })],
    ["a feature of unknown kind", JSON.stringify({ ...reference, features: [{ kind: "image" }] })],
    [
      "edges that fall",
      JSON.stringify({ ...reference, prediction: { ...reference.prediction, edges: [2, 1] } }),
    ],
    [
      "a count too few",
      JSON.stringify({ ...reference, prediction: { ...reference.prediction, counts: [1] } }),
    ],
  ])("refuses %s", (_, json) => {
    expect(() => readReferenceProfile(json)).toThrow(/MW0902/);
  });
});

describe("createWindowProfile", () => {
  test("counts the reference's own rows as the reference did", () => {
    const counts = countsOf(drawRows(2000, 1));
    expect(counts.rows).toBe(reference.rows);
    reference.features.forEach(({ counts: expected, missing }, i) => {
      expect(counts.features[i]).toEqual({ counts: expected, missing });
    });
    expect(counts.prediction.counts).toEqual(reference.prediction.counts);
  });

  test("adds the same by row as by column", () => {
    const rows = drawRows(300, 2, { newAirports: 0.3, missing: 0.2 });
    const window = createWindowProfile(reference);
    const [delay, hour, airport] = rows.features;
    rows.probability.forEach((probability, i) => {
      if (delay.kind !== "number" || hour.kind !== "number" || airport.kind !== "text") return;
      const text = airport.dictionary[airport.codes[i]];
      window.addRow(Float32Array.of(delay.values[i], hour.values[i]), [text], probability);
    });
    expect(window.counts()).toEqual(countsOf(rows));
  });

  test("merged in any grouping equals all rows added", () => {
    const rows = drawRows(400, 3, { newAirports: 0.1 });
    const all = countsOf(rows);
    fc.assert(
      fc.property(fc.nat({ max: 400 }), fc.nat({ max: 400 }), fc.boolean(), (m, n, fromTheRight) => {
        const [first, second] = [Math.min(m, n), Math.max(m, n)];
        const [a, b, c] = [
          sliceRows(rows, 0, first),
          sliceRows(rows, first, second),
          sliceRows(rows, second, 400),
        ].map(countsOf);
        const merge = (x: typeof a, y: typeof a) => {
          const window = createWindowProfile(reference);
          window.merge(x);
          window.merge(y);
          return window.counts();
        };
        expect(fromTheRight ? merge(a, merge(b, c)) : merge(merge(c, a), b)).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  test("counts unusable values as missing and unknown texts as other", () => {
    const window = createWindowProfile(reference);
    window.addRow(Float32Array.of(Infinity, NaN), [null], NaN);
    window.addRow(Float32Array.of(-1e9, 1e9), ["__proto__"], 0.5);
    const { features, prediction } = window.counts();
    expect(features.map((feature) => feature.missing)).toEqual([1, 1, 1]);
    expect(features[0].counts[0]).toBe(1);
    expect(features[1].counts.at(-1)).toBe(1);
    expect(features[2].counts.at(-1)).toBe(1);
    expect(prediction.missing).toBe(1);
    expect(window.rows).toBe(2);
  });

  test("a snapshot does not change with later rows", () => {
    const window = createWindowProfile(reference);
    const before = window.counts();
    window.addRow(Float32Array.of(0.5, 3), ["ATL"], 0.5);
    expect(before.rows).toBe(0);
    expect(before.prediction.counts.every((count) => count === 0)).toBe(true);
  });

  test("refuses rows and columns that do not fit", () => {
    const window = createWindowProfile(reference);
    expect(() => window.addRow(Float32Array.of(1), ["ATL"], 0.5)).toThrow(/MW0904/);
    expect(() => window.addRow(Float32Array.of(1, 2), [], 0.5)).toThrow(/MW0904/);
    const { features, probability } = drawRows(3, 1);
    expect(() => window.addColumns(features.toReversed(), probability)).toThrow(/MW0904/);
    expect(() => window.addColumns(features, new Float32Array(2))).toThrow(/MW0904/);
    expect(window.rows).toBe(0);
  });

  test("refuses to merge the window of another reference", () => {
    const other = createWindowProfile(profileOf(drawRows(50, 9)));
    expect(() => createWindowProfile(reference).merge(other.counts())).toThrow(/MW0903/);
  });
});
