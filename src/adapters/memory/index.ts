export { memoryBlobStore } from "./blob-store.js";
export { memoryDatasetCatalog } from "./dataset-catalog.js";
export { memoryRegistryStore } from "./registry-store.js";
export { memoryRunStore } from "./run-store.js";
export { memoryTileStore } from "./tile-store.js";
