import {
  checkAgainstLog,
  requireWholeLog,
  type AuditEntry,
  type AuditHead,
  type ModelVersion,
} from "../../registry/index.js";
import type { Project } from "../project.js";
import { listVersions } from "./read-version.js";

/** The audit log as it was read. Plain JSON. */
export interface Audit {
  readonly entries: readonly AuditEntry[];
  /** The end of the chain, to be noted elsewhere; null when nothing was verified. */
  readonly head: AuditHead | null;
}

export interface AuditRequest {
  /** Check the chain, every decision against its inputs, and the registry against the log. */
  readonly verify: boolean;
  /** The hash of a head that was noted earlier, which must be in the chain; asks to verify. */
  readonly head?: string;
}

/**
 * Lists everything that was done to the registry, and verifies it if asked. Throws MW0612 naming the first bad
 * entry, MW0613 when the noted head is missing, and MW0614 when the registry is not what the log says.
 */
export async function audit({ registry }: Project, { verify, head }: AuditRequest): Promise<Audit> {
  if (!verify && head === undefined) return { entries: await registry.auditLog(), head: null };
  const { entries, versions } = await readTogether(registry);
  const found = requireWholeLog(entries, head);
  checkAgainstLog(entries, versions);
  return { entries, head: found };
}

/** The log and the versions of one moment: read again while something is written. */
async function readTogether(
  registry: Project["registry"],
): Promise<{ readonly entries: readonly AuditEntry[]; readonly versions: readonly ModelVersion[] }> {
  for (;;) {
    const { length } = await registry.auditLog();
    const versions = await listVersions({ registry });
    const entries = await registry.auditLog();
    if (entries.length === length) return { entries, versions };
  }
}
