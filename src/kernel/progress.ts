/** Where long work tells how far it is. Implementations draw bars, print lines or stay silent. */
export interface Progress {
  /** Starts a named piece of work. `total` is in the units of later `update` calls; 0 is unknown. */
  start(label: string, total?: number): ProgressTask;
}

export interface ProgressTask {
  update(done: number): void;
  /** Ends the task; `note` is a short result such as "3,000,000 rows". */
  finish(note?: string): void;
}

const silentTask: ProgressTask = Object.freeze({ update: () => undefined, finish: () => undefined });

export const silentProgress: Progress = Object.freeze({ start: () => silentTask });
