export type { ConnectOptions } from "./connect.js";
export {
  defineProject,
  type ProjectDefinition,
  type ProjectOptions,
  type StorageOptions,
} from "./define-project.js";
export { openProject } from "./open-project.js";
