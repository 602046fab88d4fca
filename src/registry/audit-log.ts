import { canonicalHash, type MillwrightError } from "../kernel/index.js";
import type { ApprovalRequest } from "./approval-request.js";
import { registryErrors } from "./errors.js";
import type { PromotionDecision, PromotionFacts, PromotionRecord, PromotionRequest } from "./promotion.js";

/** What can happen to a registry. An event holds all that is needed to judge or replay it. */
export type AuditEvent =
  | {
      readonly action: "register";
      readonly model: string;
      readonly version: number;
      /** Absent in entries of earlier versions of Millwright. */
      readonly semver?: string | undefined;
      readonly packageId: string;
      readonly runId: string | null;
    }
  | {
      readonly action: "promotion";
      readonly request: PromotionRequest;
      readonly facts: PromotionFacts;
      readonly decision: PromotionDecision;
    }
  | (ApprovalRequest & { readonly action: "approve"; readonly packageId: string })
  | {
      readonly action: "reject";
      readonly model: string;
      readonly version: number;
      readonly packageId: string;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly action: "retire"; readonly model: string; readonly version: number; readonly reason: string }
  /** A blob that garbage collection must keep, from now on or no longer. */
  | {
      readonly action: "hold" | "release";
      readonly blob: string;
      readonly by: string;
      readonly reason: string;
    };

/**
 * One link of the chain. The hash covers everything else, the hash of the entry before included, so that
 * no entry can be changed, removed or put in between without breaking every later one.
 */
export interface AuditEntry {
  /** 1, 2, 3 … */
  readonly sequence: number;
  readonly atMs: number;
  readonly event: AuditEvent;
  readonly previousHash: string;
  readonly hash: string;
}

/** The end of a chain: where the next entry goes on. */
export interface AuditHead {
  readonly sequence: number;
  readonly hash: string;
}

export const emptyAuditHead: AuditHead = Object.freeze({ sequence: 0, hash: "0".repeat(64) });

export type AuditVerdict =
  | {
      readonly ok: true;
      /** A cut tail leaves a valid, shorter chain: compare with a head that was noted elsewhere. */
      readonly head: AuditHead;
    }
  | {
      readonly ok: false;
      /** The first entry that does not follow from the ones before. */
      readonly sequence: number;
      readonly problem: string;
    };

function hashOf({ sequence, atMs, event, previousHash }: Omit<AuditEntry, "hash">): string {
  return canonicalHash({ sequence, atMs, event, previousHash });
}

/** The entry that follows a head. Throws MW0102 when the event holds a number that is not finite. */
export function nextAuditEntry(head: AuditHead, atMs: number, event: AuditEvent): AuditEntry {
  const entry = { sequence: head.sequence + 1, atMs, event, previousHash: head.hash };
  return Object.freeze({ ...entry, hash: hashOf(entry) });
}

/** Recomputes the chain. `entries` are all entries in order, as the store gives them. */
export function verifyAuditLog(entries: readonly AuditEntry[]): AuditVerdict {
  let head = emptyAuditHead;
  for (const entry of entries) {
    const sequence = head.sequence + 1;
    const problem =
      entry.sequence !== sequence
        ? `entry ${sequence} is missing; entry ${entry.sequence} stands in its place`
        : entry.previousHash !== head.hash
          ? "the entry does not continue the one before it"
          : entry.hash !== hashOf(entry)
            ? "the entry's content does not have the entry's hash"
            : undefined;
    if (problem !== undefined) return { ok: false, sequence, problem };
    head = { sequence, hash: entry.hash };
  }
  return { ok: true, head };
}

/**
 * The head of a chain that holds. Throws MW0612 naming the first bad entry, and MW0613 when the hash of a head
 * that was noted earlier is not in it: the log was cut, or written anew.
 */
export function requireWholeLog(entries: readonly AuditEntry[], noted?: string): AuditHead {
  const verdict = verifyAuditLog(entries);
  if (!verdict.ok) throw broken(verdict.sequence, verdict.problem);
  const known =
    noted === undefined || noted === emptyAuditHead.hash || entries.some(({ hash }) => hash === noted);
  if (known) return verdict.head;
  throw registryErrors.error("MW0613", {
    expected: `an entry with the noted hash ${noted}`,
    found: `a chain that holds and ends at entry ${verdict.head.sequence}, without it`,
    remedy: "Entries at the end were removed, or the log was written anew: restore it from a backup.",
    details: { noted, head: verdict.head, firstBad: verdict.head.sequence + 1 },
  });
}

function broken(sequence: number, problem: string): MillwrightError {
  return registryErrors.error("MW0612", {
    expected: "every entry of the audit log to follow from the ones before it",
    found: `entry ${sequence}: ${problem}`,
    remedy: "Nothing from this entry on can be relied on: restore the database from a backup.",
    details: { sequence, problem },
  });
}

/** The decision that an entry records; undefined for entries of other kinds. */
export function promotionRecord({ sequence, atMs, event }: AuditEntry): PromotionRecord | undefined {
  if (event.action !== "promotion") return undefined;
  const { request, facts, decision } = event;
  return { sequence, atMs, request, facts, decision };
}
