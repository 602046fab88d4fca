import { canonicalJson, type Canonical } from "../kernel/index.js";
import type { AuditEntry, AuditEvent } from "./audit-log.js";
import { registryErrors } from "./errors.js";
import { decidePromotion } from "./promotion.js";
import { transition, type Move, type VersionState } from "./stage.js";
import type { ModelVersion } from "./versions.js";

/** What the log alone says of a version. */
export interface ReplayedVersion {
  readonly model: string;
  readonly version: number;
  readonly packageId: string;
  readonly state: VersionState;
}

/** Blobs that somebody holds, with the entry that says so. */
export type Holds = ReadonlyMap<string, AuditEntry>;

/** The holds that were not released. */
export function holdsOf(entries: readonly AuditEntry[]): Holds {
  const holds = new Map<string, AuditEntry>();
  for (const entry of entries) {
    if (entry.event.action === "hold") holds.set(entry.event.blob, entry);
    if (entry.event.action === "release") holds.delete(entry.event.blob);
  }
  return holds;
}

/**
 * The registry as its log tells it, every decision made again from its inputs. Throws MW0614 for an entry
 * that could not have happened.
 */
export function replayAuditLog(entries: readonly AuditEntry[]): readonly ReplayedVersion[] {
  const versions = new Map<string, ReplayedVersion>();
  for (const entry of entries) apply(versions, entry);
  return [...versions.values()];
}

/** Throws MW0614 for the first version that differs from what the log says of it. */
export function checkAgainstLog(entries: readonly AuditEntry[], stored: readonly ModelVersion[]): void {
  const facts = ({ model, version, packageId, state }: ReplayedVersion): Canonical => ({
    ...{ model, version, packageId },
    state: { ...state },
  });
  const [told, kept] = [replayAuditLog(entries), stored].map(
    (versions) => new Map(versions.map((one) => [keyOf(one), canonicalJson(facts(one))])),
  );
  for (const key of new Set([...told.keys(), ...kept.keys()])) {
    if (told.get(key) === kept.get(key)) continue;
    throw differs(`${key} as the log tells it, ${told.get(key) ?? "absent"}`, kept.get(key) ?? "nothing");
  }
}

const keyOf = ({ model, version }: Pick<ReplayedVersion, "model" | "version">) => `${model}@${version}`;

function apply(versions: Map<string, ReplayedVersion>, { sequence, atMs, event }: AuditEntry): void {
  switch (event.action) {
    case "register": {
      const { model, version, packageId } = event;
      versions.set(keyOf(event), { model, version, packageId, state: { kind: "registered" } });
      return;
    }
    case "promotion":
      applyPromotion(versions, sequence, event);
      return;
    case "reject":
      step(versions, { sequence, of: event, move: { ...event, kind: "reject", atMs } });
      return;
    case "retire":
      step(versions, { sequence, of: event, move: { ...event, kind: "retire", atMs } });
      return;
    case "approve":
    case "hold":
    case "release":
  }
}

function applyPromotion(
  versions: Map<string, ReplayedVersion>,
  sequence: number,
  { request, facts, decision }: AuditEvent & { action: "promotion" },
): void {
  const again = decidePromotion(request, facts);
  if (canonicalJson(again) !== canonicalJson(decision)) {
    throw differs(`the decision of entry ${sequence}, ${canonicalJson(again)}`, canonicalJson(decision));
  }
  const { model, alias } = request;
  if (decision.verdict === "promote" && facts.holder !== null && facts.holder !== request.version) {
    const of = { model, version: facts.holder };
    step(versions, { sequence, of, move: { kind: "supersede", alias } });
  }
  step(versions, { sequence, of: request, move: { kind: "promotion", alias, verdict: decision.verdict } });
}

function step(
  versions: Map<string, ReplayedVersion>,
  { sequence, of, move }: { sequence: number; of: { model: string; version: number }; move: Move },
): void {
  const version = versions.get(keyOf(of));
  const result = version && transition(version.state, move);
  if (version === undefined || result?.ok !== true) {
    throw differs(
      `entry ${sequence} to be possible`,
      `${move.kind} of ${keyOf(of)}, ${version?.state.kind ?? "absent"}`,
    );
  }
  versions.set(keyOf(of), { ...version, state: result.state });
}

function differs(expected: string, found: string) {
  return registryErrors.error("MW0614", {
    expected,
    found,
    remedy: "The tables were changed past the registry: restore the database from a backup.",
  });
}
