export { redisTileStore, type RedisTileStoreOptions } from "./tile-store.js";
