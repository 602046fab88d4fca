export { redisRateStore, type RedisRateStoreOptions } from "./rate-store.js";
export { redisResponseCache, type RedisResponseCacheOptions } from "./response-cache.js";
export { redisTileStore, type RedisTileStoreOptions } from "./tile-store.js";
