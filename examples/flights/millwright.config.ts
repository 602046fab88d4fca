import {
  atLeast,
  beatsBaseline,
  byTime,
  count,
  defineProject,
  events,
  expectRow,
  expectRows,
  gbdt,
  hourOfDay,
  last,
  mean,
  minuteOfDay,
  model,
  notWorseThan,
  parquet,
  rate,
  std,
  t,
  view,
  weekday,
} from "millwright";

// `npm run demo -- --rows N` looks at the first N flights only; they cover too few days for the split by months.
const rows = process.env.FLIGHTS_ROWS === undefined ? undefined : Number(process.env.FLIGHTS_ROWS);

const flights = events("flights", {
  from: parquet(
    "../../node_modules/vega-datasets/data/flights-3m.parquet",
    rows === undefined ? {} : { rows },
  ),
  schema: {
    date: t.timestamp().between("2001-01-01", "2001-12-31"),
    delay: t.int(),
    distance: t.int().between(1, 6000),
    origin: t.string(),
    destination: t.string(),
  },
  eventTime: "date",
  // The outcome is known after flight time at 7.5 miles a minute, half an hour of margin, and the delay itself.
  availableAt: (f) => f.date.plus(f.distance.times(8_000)).plus("30m").plus(f.delay.atLeast(0).times(60_000)),
  expectations: (f) => [
    expectRow("origin is not the destination", f.origin.ne(f.destination), "quarantine"),
    expectRow("delay is plausible", f.delay.ge(-120).and(f.delay.le(2_000)), "warn"),
    expectRows({ atLeast: 1_000 }, "block"),
  ],
});

const departures = view("departures", {
  source: flights,
  entity: { airport: "origin" },
  features: (f) => ({
    out_mean_delay_3h: mean(f.delay).over("3h"),
    out_late_rate_6h: rate(f.delay.gt(15)).over("6h"),
    out_late_rate_24h: rate(f.delay.gt(15)).over("24h"),
    out_flights_24h: count().over("24h"),
  }),
});

const arrivals = view("arrivals", {
  source: flights,
  entity: { airport: "destination" },
  features: (f) => ({
    in_mean_delay_3h: mean(f.delay).over("3h"),
    in_late_rate_6h: rate(f.delay.gt(15)).over("6h"),
    in_late_rate_24h: rate(f.delay.gt(15)).over("24h"),
    in_flights_24h: count().over("24h"),
  }),
});

const routes = view("routes", {
  source: flights,
  entity: { route: ["origin", "destination"] },
  features: (f) => ({
    mean_delay_24h: mean(f.delay).over("24h"),
    late_rate_7d: rate(f.delay.gt(15)).over("7d"),
    delay_std_7d: std(f.delay).over("7d"),
    last_delay: last(f.delay).over("7d"),
  }),
});

export const arrivalDelay = model("arrival-delay", {
  task: "binary",
  label: (f) => f.delay.gt(15),
  matureAfter: rows === undefined ? "2d" : "6h",
  spine: flights.at("date"),
  features: {
    origin: [departures, arrivals],
    destination: arrivals,
    route: routes,
    request: {
      date: t.timestamp().between("2001-01-01", "2001-12-31"),
      distance: t.int().between(1, 6000),
      origin: t.string(),
      destination: t.string(),
    },
    derived: (r) => ({ minute_of_day: minuteOfDay(r.date), weekday: weekday(r.date) }),
  },
  split:
    rows === undefined
      ? byTime({ train: "2001-01/2001-04", test: "2001-05/2001-07" })
      : byTime({ trainShare: 0.67 }),
  trainer: gbdt({ trees: 200, leaves: 31, learningRate: 0.15 }),
  ablation: true,
  gates:
    rows === undefined
      ? [atLeast("auc", 0.75), beatsBaseline("auc"), notWorseThan("champion", "logLoss", { margin: 0.002 })]
      : [atLeast("auc", 0.5)],
  slices: (f) => ({ hour: hourOfDay(f.date), airport: f.origin }),
  slo: { p95Ms: 100 },
  monitor: { threshold: 0.1, window: "7d" },
});

export default defineProject({
  name: "flights",
  models: [arrivalDelay],
  // A quick look has a folder of its own, so that it never stands in for the whole.
  storage: { folder: rows === undefined ? ".millwright" : ".millwright-rows" },
});
