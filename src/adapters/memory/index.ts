export { memoryAppendLog } from "./append-log.js";
export { memoryBlobStore } from "./blob-store.js";
export { memoryDatasetCatalog } from "./dataset-catalog.js";
export { memoryRegistryStore } from "./registry-store.js";
export { memoryRunStore } from "./run-store.js";
