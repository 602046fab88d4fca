import { seededRng, type Rng } from "../kernel/index.js";
import type { Importance, MonitoringReport, ReplayReport, ReportData, Slice } from "./report-data.js";

const day = 86_400_000;
const june = Date.UTC(2001, 5, 1);
const airports =
  "ATL ORD DFW LAX PHX STL DTW MSP LAS CLT IAH SFO PHL EWR PIT SEA LGA BOS DEN MCO DCA BWI CVG MDW SAN SLC OAK SJC TPA PDX CLE HOU DAL MCI SMF BNA AUS ABQ RDU MSY SNA BUR IND ONT CMH JFK FLL SAT RNO MKE".split(
    " ",
  );

/** A standard normal deviate (Box and Muller). */
function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
}

const around = (value: number, half: number) => ({ value, low: value - half, high: value + half });

/** The AUC of two normal distributions `separation` apart is Φ(separation / √2). */
function curvesOf(rng: Rng, separation: number, baseRate: number) {
  const scored = Array.from({ length: 30_000 }, () => {
    const positive = rng.next() < baseRate;
    return { positive, score: normal(rng) + (positive ? separation : 0) };
  }).sort((a, b) => b.score - a.score);
  const positives = scored.filter((row) => row.positive).length;
  const roc: [number, number][] = [[0, 0]];
  const precisionRecall: [number, number][] = [];
  let hits = 0;
  let area = 0;
  let averagePrecision = 0;
  scored.forEach((row, i) => {
    if (row.positive) {
      hits++;
      averagePrecision += hits / (i + 1) / positives;
    } else area += hits / positives / (scored.length - positives);
    if (i % 60 === 59) roc.push([(i + 1 - hits) / (scored.length - positives), hits / positives]);
    if (i > 200 && i % 60 === 59) precisionRecall.push([hits / positives, hits / (i + 1)]);
  });
  return { auc: area, averagePrecision, roc, precisionRecall };
}

function calibrationOf(rng: Rng): ReportData["calibration"] {
  const points = Array.from({ length: 15 }, (_, i) => {
    const predicted = 0.035 + i * 0.048 + (i > 10 ? (i - 10) * 0.012 : 0);
    const n = Math.round(92_000 * Math.exp(-i / 3.1)) + 380;
    const half = 1.96 * Math.sqrt((predicted * (1 - predicted)) / n);
    const observed = predicted + half * 0.7 * normal(rng) - (i > 11 ? 0.012 : 0);
    return { predicted, observed, low: observed - half, high: observed + half, n };
  });
  const edges = Array.from({ length: 51 }, (_, i) => i / 50);
  const counts = edges
    .slice(0, -1)
    .map((edge) => (edge > 0.88 ? 0 : Math.round(1.6e6 * (edge + 0.02) ** 1.1 * Math.exp(-edge * 9.5))));
  return { points, histogram: { edges, counts } };
}

function importancesOf(rng: Rng): Importance[] {
  const windows = ["origin", "destination"].flatMap((side) =>
    [
      "mean_delay_1h",
      "late_rate_3h",
      "mean_delay_3h",
      "arrivals_1h",
      "late_rate_24h",
      "departures_6h",
      "max_delay_6h",
    ].map((name) => ({ name: `${side}_${name}`, origin: "window" as const })),
  );
  const rest: Omit<Importance, "gain" | "splits">[] = [
    { name: "minute_of_day", origin: "derived" },
    { name: "weekday", origin: "derived" },
    { name: "distance", origin: "request" },
    { name: "origin", origin: "request" },
    { name: "destination", origin: "request" },
  ];
  const weights = [0.9, 0.31, 0.7, 0.08, 0.34, 0.06, 0.12];
  return [...windows, ...rest].map((each, i) => {
    const base = i < 14 ? weights[i % 7] * (i < 7 ? 1 : 0.62) : [0.58, 0.16, 0.27, 0.22, 0.2][i - 14];
    return {
      ...each,
      gain: 1e6 * base * (0.85 + 0.3 * rng.next()),
      splits: 80 + Math.round(700 * base * (0.7 + 0.6 * rng.next())),
    };
  });
}

function slicesOf(rng: Rng): ReportData["slices"] {
  const slice = (value: string, n: number, [auc, rate]: readonly [number, number]): Slice =>
    n < 400
      ? { value, n, rate, state: "insufficient" }
      : { value, n, rate, auc: around(auc, 1.3 / Math.sqrt(n * rate)), state: "ok" };
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const n =
      hour < 5 ? 120 + 260 * hour : Math.round(52_000 * Math.sin(((hour - 4) / 20) * Math.PI) + 4_000);
    const rate = 0.08 + 0.2 * Math.max(0, Math.sin(((hour - 7) / 18) * Math.PI));
    const auc = 0.676 + 0.1 * Math.max(0, Math.sin(((hour - 5) / 18) * Math.PI)) + 0.004 * normal(rng);
    return slice(String(hour), n, [auc, rate]);
  });
  const places = airports.map((name, i) =>
    slice(name, Math.round(52_000 / (1 + i * 0.16)), [
      0.758 + 0.018 * normal(rng),
      0.2 + 0.035 * normal(rng),
    ]),
  );
  return [
    { name: "hour", ordered: true, slices: hours },
    { name: "airport", ordered: false, slices: [...places, slice("GUM", 61, [0.5, 0.11])] },
  ];
}

function monitoringOf(rng: Rng, features: readonly string[], auc: number): MonitoringReport {
  const windows = Array.from({ length: 9 }, (_, week) => {
    const startMs = Date.UTC(2001, 4, 1) + week * 7 * day;
    const partial = week === 8;
    const rows = partial ? 41_180 : 116_000 + Math.round(3_000 * normal(rng));
    const drift = features.map((feature, i) => {
      if (feature === "gate_changes_1h" && week < 2)
        return { feature, state: "missing" as const, effect: null, pValue: null };
      if (i === 3 && week === 0)
        return { feature, state: "insufficient" as const, effect: null, pValue: null };
      const season = i % 4 === 0 ? 0.022 * week : 0.005 * week;
      const effect = Math.abs(0.02 + season + 0.012 * normal(rng));
      const state = effect > 0.1 ? (i === 8 ? ("unresolved" as const) : ("drift" as const)) : ("ok" as const);
      return {
        feature,
        state,
        effect,
        pValue: state === "drift" ? 3e-9 : state === "unresolved" ? 0.07 : 0.2 + 0.5 * rng.next(),
      };
    });
    const missing = features.slice(0, 6).map((feature, i) => {
      const share = i === 2 && week > 5 ? 0.041 : 0.002 * (i % 3) + 0.0004 * rng.next();
      return {
        feature,
        share,
        referenceShare: 0.002 * (i % 3),
        state: share > 0.02 ? ("drift" as const) : ("ok" as const),
      };
    });
    const observedRate = 0.172 + 0.012 * week + 0.007 * normal(rng);
    const performance = partial
      ? { state: "insufficient" as const, matured: 36_240, labelled: 36_240 }
      : {
          state: "ok" as const,
          matured: rows,
          labelled: rows - 12,
          auc: around(auc + 0.008 * normal(rng), 0.0051),
        };
    const latency = {
      p50Ms: 0.42 + 0.02 * rng.next(),
      p95Ms: 0.86 + 0.1 * rng.next(),
      p99Ms: 1.7 + 0.4 * rng.next(),
    };
    return {
      startMs,
      endMs: startMs + 7 * day,
      partial,
      rows,
      drift,
      missing,
      performance,
      meanPrediction: observedRate - 0.006 + 0.004 * normal(rng),
      observedRate: partial ? null : observedRate,
      latency,
    };
  });
  return {
    windows,
    effectName: "Wasserstein distance in reference deviations",
    effectThreshold: 0.1,
    conventions: {
      drift:
        "Each week against the training rows; drift when the effect is at least 0.1 and p < 0.01 after Benjamini–Hochberg over all cells of a week.",
      prediction: "means over all predictions of the week and over those whose label has matured",
      performance: "percentile bootstrap by day, 200 replicates, 95 %, from 1,000 labelled rows",
      missing:
        "Share of predictions without a value, against the training rows; changed when it differs by at least 2 points at p < 0.01.",
    },
  };
}

function replayOf(rng: Rng, auc: number): ReplayReport {
  const edgesMs = Array.from({ length: 61 }, (_, i) => 0.2 * 10 ** (i / 30));
  const counts = new Array<number>(60).fill(0);
  for (let i = 0; i < 40_000; i++) {
    const ms = 0.38 * Math.exp(0.28 * normal(rng) + (rng.next() < 0.04 ? 0.9 * rng.next() : 0));
    const bin = Math.floor(Math.log10(ms / 0.2) * 30);
    if (bin >= 0 && bin < 60) counts[bin] += 3;
  }
  return {
    predictions: 120_000,
    mismatches: 0,
    realizedAuc: auc,
    offlineAuc: auc,
    p50Ms: 0.39,
    p95Ms: 0.66,
    p99Ms: 1.21,
    predictionsPerSecond: 5_240,
    latencyHistogram: { edgesMs, counts },
    slo: { p95Ms: 100 },
    convention:
      "Client side over loopback HTTP, one connection per worker, without warm-up; every answer counted, percentiles from a sketch with 1 % relative error.",
  };
}

/** A realistic report of a flight-delay model; equal seeds give equal reports. */
export function sampleReport(seed = 7): ReportData {
  const rng = seededRng(seed);
  const model = curvesOf(rng, 1.04, 0.2);
  const ablation = curvesOf(rng, 0.74, 0.2);
  const baseline = curvesOf(rng, 0.43, 0.2);
  const importances = importancesOf(rng);
  const features = [
    "prediction",
    ...importances.slice(0, 9).map((each) => each.name),
    "gate_changes_1h",
    "minute_of_day",
    "distance",
    "origin",
  ];
  const hash = () => Array.from({ length: 64 }, () => rng.below(16).toString(16)).join("");
  const bars = (shape: (at: number) => number) =>
    Array.from({ length: 24 }, (_, i) => Math.round(1000 * shape(i / 23)));
  return {
    project: "flights",
    model: "arrival-delay",
    version: "3",
    outcome: "arrives more than 15 minutes late",
    generatedAtMs: june + 30 * day + 45_296_000,
    verdict: {
      promoted: true,
      alias: "champion",
      reasons: [
        "4 of 4 gates passed",
        "Probe set reproduced bit for bit",
        "No earlier champion to compare with",
      ],
    },
    dataset: {
      id: hash().slice(0, 12),
      name: "flights",
      rows: 3_000_000,
      profile: [
        {
          name: "date",
          type: "timestamp",
          missingShare: 0,
          distinct: 238_190,
          min: Date.UTC(2001, 0, 1),
          mean: Date.UTC(2001, 3, 2),
          max: Date.UTC(2001, 5, 30),
          histogram: bars((x) => 0.9 + 0.1 * Math.sin(9 * x)),
        },
        {
          name: "delay",
          type: "int",
          missingShare: 0.0003,
          distinct: 1_284,
          min: -1_116,
          mean: 7.43,
          max: 1_688,
          histogram: bars((x) => Math.exp(-((x - 0.4) ** 2) / 0.004)),
        },
        {
          name: "distance",
          type: "int",
          missingShare: 0,
          distinct: 1_241,
          min: 21,
          mean: 712.4,
          max: 4_962,
          histogram: bars((x) => (x + 0.05) * Math.exp(-6 * x) * 4),
        },
        {
          name: "origin",
          type: "string",
          missingShare: 0,
          distinct: 231,
          min: null,
          mean: null,
          max: null,
          top: ["ORD", "DFW", "ATL", "LAX", "PHX"],
        },
        {
          name: "destination",
          type: "string",
          missingShare: 0,
          distinct: 229,
          min: null,
          mean: null,
          max: null,
          top: ["DFW", "ORD", "ATL", "LAX", "PHX"],
        },
      ],
    },
    split: {
      trainRows: 1_960_412,
      testRows: 1_012_655,
      train: [Date.UTC(2001, 0, 1), Date.UTC(2001, 4, 1)],
      test: [Date.UTC(2001, 4, 1), Date.UTC(2001, 6, 1)],
    },
    metrics: {
      auc: around(model.auc, 0.0046),
      averagePrecision: around(model.averagePrecision, 0.007),
      logLoss: around(0.4302, 0.0051),
      brier: around(0.1337, 0.0021),
      ece: around(0.0114, 0.0027),
    },
    models: [
      { role: "model", name: "model", ...model },
      { role: "ablation", name: "without windows", ...ablation },
      { role: "baseline", name: "baseline", ...baseline },
    ],
    calibration: calibrationOf(rng),
    importances,
    slices: slicesOf(rng),
    gates: [
      { name: "auc at least", required: "≥ 0.755", observed: model.auc.toFixed(4), passed: true },
      {
        name: "auc beats the same learner without windows",
        required: "≥ +0.0500",
        observed: `+${(model.auc - ablation.auc).toFixed(4)}`,
        passed: true,
      },
      {
        name: "auc beats the baseline",
        required: "> +0.0000",
        observed: `+${(model.auc - baseline.auc).toFixed(4)}`,
        passed: true,
      },
      { name: "calibration error at most", required: "≤ 0.0200", observed: "0.0114", passed: true },
    ],
    monitoring: monitoringOf(rng, features, model.auc),
    replay: replayOf(rng, model.auc),
    timings: [
      { step: "snapshot", seconds: 9.4 },
      { step: "expectations", seconds: 1.2 },
      { step: "features", seconds: 38.6 },
      { step: "train model", seconds: 52.3 },
      { step: "train without windows", seconds: 21.8 },
      { step: "baseline", seconds: 3.1 },
      { step: "evaluate", seconds: 17.5 },
      { step: "package and probe", seconds: 0.8 },
      { step: "replay", seconds: 27.9 },
      { step: "parity", seconds: 6.2 },
      { step: "monitor", seconds: 4.4 },
    ],
    hashes: { model: hash(), package: hash(), featureSet: hash(), dataset: hash() },
    commands: [
      "npm install",
      "npx millwright train arrival-delay --seed 7",
      "npx millwright reproduce arrival-delay@3",
    ],
    conventions: {
      metrics: "Percentile bootstrap by day, 200 replicates, 95 %.",
      curves:
        "Every distinct score of the test rows is a threshold; ties take one step. AUC with ties at one half, average precision without interpolation. Intervals: percentile bootstrap by day, 200 replicates, 95 %.",
      calibration:
        "15 bins of equal width; Wilson intervals at 95 %; calibration error is the mean gap weighted by rows.",
      importances: "Total reduction of the loss over all splits of all trees, as a share of the sum.",
      slices:
        "Percentile bootstrap by day, 200 replicates, 95 %; slices under 400 rows are not measured. Not corrected for multiplicity: of 70 intervals about 4 miss by chance.",
      gates:
        "All gates must pass for a promotion; each compares a figure of the test rows with the configuration.",
      profile:
        "Exact counts and extremes; distinct values by HyperLogLog with 1 % error; histograms of 24 equal bins.",
      timings:
        "Wall time by a monotonic clock, two cores; steps that were already done by content take no time.",
    },
  };
}
