import type { Canonical } from "../../kernel/index.js";
import type { Run, RunWorker } from "../../training/index.js";
import type { Project } from "../project.js";

/** A run's status as one looks at it: `interrupted` while it is recorded as running and its process is gone. */
export type SeenStatus = Run["status"] | "interrupted";

/** A manifest of a run that this process works on. */
export function workedOn({ workers }: Pick<Project, "workers">, manifest: Canonical): Canonical {
  return { ...(manifest as Readonly<Record<string, Canonical>>), worker: { ...workers.self() } };
}

/** The process that works on a run; null of a run that ended, and of one that another version of Millwright began. */
export function workerOf({ status, manifest }: Run): RunWorker | null {
  if (status !== "running") return null;
  const { worker = null } = manifest as { readonly worker?: RunWorker };
  return worker;
}

/**
 * The status of a run. A process of this machine is looked for by number and start, so that a kill shows at once; what
 * another machine works on cannot be seen from here and stays `running`.
 */
export function statusOf({ workers }: Pick<Project, "workers">, run: Run): SeenStatus {
  const worker = workerOf(run);
  return worker !== null && workers.lives(worker) === false ? "interrupted" : run.status;
}
