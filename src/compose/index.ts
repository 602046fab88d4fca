export type { ConnectOptions } from "./connect.js";
export {
  defineProject,
  type ProjectDefinition,
  type ProjectOptions,
  type StorageOptions,
} from "./define-project.js";
export { redis, type OnlineStore, type RedisOptions } from "./online-store.js";
export { openProject } from "./open-project.js";
export { openTracing, type OpenTelemetryTracing } from "./open-tracing.js";
