export { connect, type ConnectOptions } from "./connect.js";
export {
  defineProject,
  type ProjectDefinition,
  type ProjectOptions,
  type StorageOptions,
} from "./define-project.js";
export { composeErrors } from "./errors.js";
export { loadConfig } from "./load-config.js";
export { openProject } from "./open-project.js";
