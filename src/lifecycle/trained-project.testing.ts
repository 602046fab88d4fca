import { cp, writeFile } from "node:fs/promises";
import { openProject } from "../compose/index.js";
import { temporaryFolders, tripsConfig } from "../../test/support/trips.js";
import type { Project } from "./project.js";
import { train, type TrainResult } from "./train.js";

/** A small project on its real adapters, and ways to look at it again with another configuration. */
export interface TrainedProject {
  readonly project: Project;
  readonly result: TrainResult;
  /** A copy of the project as it was after training, with another configuration. */
  copyWith(config: string): Promise<Project>;
  close(): Promise<void>;
}

/** Trains the trips project in a temporary folder. */
export async function trainedProject(): Promise<TrainedProject> {
  const folders = temporaryFolders();
  const folder = await folders.project();
  const pristine = await folders.make({});
  const opened: Project[] = [];
  const open = async (path: string) => {
    const project = await openProject(path);
    opened.push(project);
    return project;
  };
  const first = await openProject(folder);
  const result = await train(first, "late-trip");
  await first.close();
  await cp(folder, pristine, { recursive: true });
  return {
    project: await open(folder),
    result,
    async copyWith(config = tripsConfig) {
      const copy = await folders.make({});
      await cp(pristine, copy, { recursive: true });
      await writeFile(`${copy}/millwright.config.ts`, config);
      return open(copy);
    },
    async close() {
      for (const project of opened) await project.close();
      await folders.removeAll();
    },
  };
}
