import { cp, writeFile } from "node:fs/promises";
import { openProject } from "../../compose/index.js";
import { temporaryFolders, tripsConfig, tripsCsv, type Trip } from "../../../test/support/trips.js";
import type { Project } from "../project.js";
import { train, type TrainResult } from "./train.js";

/** A small project on its real adapters, and ways to look at it again with another configuration. */
export interface TrainedProject {
  readonly project: Project;
  readonly result: TrainResult;
  /** A copy of the project as it was after training, with another configuration, and with other trips. */
  copyWith(config: string, trips?: readonly Trip[]): Promise<Project>;
  close(): Promise<void>;
}

/** Trains the trips project in a temporary folder. */
export async function trainedProject(config = tripsConfig): Promise<TrainedProject> {
  const folders = temporaryFolders();
  const folder = await folders.project({ config });
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
  await copyProject(folder, pristine);
  return {
    project: await open(folder),
    result,
    async copyWith(config: string, trips?: readonly Trip[]) {
      const copy = await folders.make({});
      await copyProject(pristine, copy);
      await writeFile(`${copy}/millwright.config.ts`, config);
      if (trips !== undefined) await writeFile(`${copy}/trips.csv`, tripsCsv(trips));
      return open(copy);
    },
    async close() {
      for (const project of opened) await project.close();
      await folders.removeAll();
    },
  };
}

/** A closed database has everything in one file; what lies beside it may vanish while it is copied. */
const copyProject = (from: string, to: string) =>
  cp(from, to, { recursive: true, filter: (path) => !/\.db-(wal|shm)$/.test(path) });
