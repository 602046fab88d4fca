import { defineProject } from "millwright";

/** Imported models need no configuration. */
export default defineProject({ name: "imported", models: [] });
