import { atLeast, beatsBaseline, byTime, csv, defineProject, events, expectRow } from "millwright";
import { gbdt, hourOfDay, mean, model, notWorseThan, rate, t, view } from "millwright";

// What happened: one row for each delivery.
const deliveries = events("deliveries", {
  from: csv("data/deliveries.csv"),
  schema: {
    ordered_at: t.timestamp(),
    restaurant: t.string(),
    courier: t.string(),
    km: t.float(),
    minutes: t.int(),
  },
  eventTime: "ordered_at",
  // How long it took is known at the door, not before: no feature looks into the future.
  availableAt: (d) => d.ordered_at.plus(d.minutes.times(60_000)),
  expectations: (d) => [expectRow("the distance is plausible", d.km.le(30), "quarantine")],
});

// What to know at the moment of an order: how the kitchen and the courier are doing.
const kitchen = view("kitchen", {
  source: deliveries,
  entity: { restaurant: "restaurant" },
  features: (d) => ({ minutes_3h: mean(d.minutes).over("3h"), late_7d: rate(d.minutes.gt(45)).over("7d") }),
});
const courier = view("courier", {
  source: deliveries,
  entity: { courier: "courier" },
  features: (d) => ({ minutes_2d: mean(d.minutes).over("2d"), late_7d: rate(d.minutes.gt(45)).over("7d") }),
});

// What to predict: will this order take more than 45 minutes?
const lateDelivery = model("late-delivery", {
  task: "binary",
  label: (d) => d.minutes.gt(45),
  spine: deliveries.at("ordered_at"),
  features: {
    restaurant: kitchen,
    courier,
    request: { ordered_at: t.timestamp(), km: t.float().between(0, 30) },
    derived: (r) => ({ hour: hourOfDay(r.ordered_at) }),
  },
  split: byTime({ train: "2025-01/2025-02", test: "2025-03/2025-04" }),
  trainer: gbdt({ trees: 100, leaves: 15 }),
  ablation: true, // trains once more without the windows, to show what they bring
  gates: [atLeast("auc", 0.75), beatsBaseline("auc"), notWorseThan("champion", "logLoss", { margin: 0.005 })],
});

export default defineProject({ name: "deliveries", models: [lateDelivery] });
