import { createGatekeeper, type Gatekeeper } from "../../access/index.js";
import type { AppendLog } from "../../kernel/index.js";
import type { Project } from "../project.js";

/**
 * The gatekeeper that the configuration asks for, with its audit trail in the log `access` of a live state; undefined
 * where everybody may do everything. Closing it closes its log and its store too. Throws MW1003, MW1005 and MW1615.
 */
export async function openGate(project: Project, live: string): Promise<Gatekeeper | undefined> {
  const { access } = project.serving;
  if (access === undefined) return undefined;
  const { clock, apiKeys } = project;
  const rates = project.openRates(access.limits?.store ?? { kind: "memory" });
  let auditLog: AppendLog | undefined;
  const release = async () => {
    await rates.close();
    await auditLog?.close();
  };
  try {
    auditLog = access.audit === undefined ? undefined : await project.openLog(live, "access");
    const gate = await createGatekeeper(access, {
      ...{ clock, apiKeys, rates, readText: (path) => project.readText(path) },
      ...(auditLog === undefined ? {} : { auditLog }),
    });
    return Object.freeze({ ...gate, close: () => gate.close().finally(release) });
  } catch (error) {
    await release();
    throw error;
  }
}
