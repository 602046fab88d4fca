import { atLeast, byGroup, defineProject, json, lightgbm, model, t, table } from "millwright";

const facts = {
  "Production Budget": t.float().optional(),
  "Running Time min": t.float().optional(),
  "MPAA Rating": t.string().optional(),
  "Major Genre": t.string().optional(),
  "Creative Type": t.string().optional(),
  Source: t.string().optional(),
  "US Gross": t.float().optional(),
  "IMDB Votes": t.float().optional(),
} as const;

const movies = table("movies", {
  from: json("../../node_modules/vega-datasets/data/movies.json"),
  schema: { Distributor: t.string().optional(), "IMDB Rating": t.float().optional(), ...facts },
});

/** Orders the films of a distributor by how the audience will like them. */
export const shelf = model("shelf", {
  task: "ranking",
  // Grades from 0 (5 of 10 points or fewer) to 4; films without a rating or a distributor are left out.
  label: (f) => f["IMDB Rating"].minus(5).clamp(0, 4).round(),
  group: (f) => f.Distributor,
  spine: movies.rows(),
  features: { request: facts },
  split: byGroup({ column: "Distributor", testShare: 0.3 }),
  trainer: lightgbm({ rounds: 100, params: { num_leaves: 15, learning_rate: 0.05, min_data_in_leaf: 20 } }),
  baseline: lightgbm({ rounds: 5, params: { num_leaves: 4 } }),
  gates: [atLeast("ndcg", 0.6)],
});

export default defineProject({ name: "movies", models: [shelf] });
