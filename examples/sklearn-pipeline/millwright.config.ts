import { atLeast, defineProject, json, model, sklearn, stratified, t, table } from "millwright";

// Measurements of penguins near Palmer Station, Antarctica (Gorman, Williams, Fraser 2014).
const penguins = table("penguins", {
  from: json("../../node_modules/vega-datasets/data/penguins.json"),
  schema: {
    Species: t.string(),
    Island: t.string(),
    "Beak Length (mm)": t.float().optional(),
    "Beak Depth (mm)": t.float().optional(),
    "Flipper Length (mm)": t.float().optional(),
    "Body Mass (g)": t.float().optional(),
    Sex: t.string().optional(),
  },
});

export const species = model("species", {
  task: "multiclass",
  label: (f) => f.Species,
  classes: ["Adelie", "Chinstrap", "Gentoo"],
  spine: penguins.rows(),
  features: {
    request: {
      Island: t.string(),
      "Beak Length (mm)": t.float().optional(),
      "Beak Depth (mm)": t.float().optional(),
      "Flipper Length (mm)": t.float().optional(),
      "Body Mass (g)": t.float().optional(),
      Sex: t.string().optional(),
    },
  },
  split: stratified({ testShare: 0.3 }),
  trainer: sklearn({ script: "pipeline.py", input: "frame" }),
  gates: [atLeast("accuracy", 0.9)],
});

export default defineProject({ name: "penguins", models: [species] });
