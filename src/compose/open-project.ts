import type { Project } from "../lifecycle/index.js";
import { connect, type ConnectOptions } from "./connect.js";
import { loadConfig } from "./load-config.js";

/** Opens the project of a folder: loads its configuration and connects its storage. Close it in the end. */
export async function openProject(folder: string, options: ConnectOptions = {}): Promise<Project> {
  return connect(folder, await loadConfig(folder), options);
}
