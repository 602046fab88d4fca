import { openModel, openProject } from "millwright";
import { classes, patterns, pixels } from "./patterns.js";

// Every pattern with eight of its pixels turned over.
const images = patterns.map((pattern, k) => pattern.map((value, i) => (i % 8 === k % 8 ? 1 - value : value)));

const project = await openProject(".");
const reader = await openModel(project, "reader@champion");
const { pattern } = await reader.compute({
  pixels: { dtype: "float32", shape: [classes, pixels], data: Float32Array.from(images.flat()) },
});
console.log(`reader@${reader.version.version} read ${[...pattern.data].join(" ")}`);
await reader.dispose();
await project.close();
