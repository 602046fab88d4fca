export { memoryDatasetCatalog } from "./dataset-catalog.js";
export { memoryRunStore } from "./run-store.js";
export { memoryTileStore } from "./tile-store.js";
