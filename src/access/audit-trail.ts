import type { AppendLog, Clock } from "../kernel/index.js";
import type { AuditPolicy } from "./access-options.js";
import type { Caller } from "./caller.js";
import { accessErrors } from "./errors.js";
import type { Verb } from "./scopes.js";

/** What was asked for, and what came of it. Nothing of what the request or the answer holds. */
export interface AccessEntry {
  /** Null: its credentials were refused. */
  readonly caller: Caller | null;
  readonly verb: Verb;
  readonly model?: string;
  readonly version?: number | string;
  /** Rows. */
  readonly count: number;
  /** Ids of predictions; the first hundred are kept. */
  readonly ids?: readonly string[];
  /** HTTP status, or that which the answer would have over HTTP. */
  readonly status: number;
  /** Code of the error. */
  readonly code?: string;
}

export interface AuditCounters {
  readonly written: number;
  /** Entries that there was no room for in memory, or that could not be written up to the end. */
  readonly lost: number;
  /** Attempts to write that failed. */
  readonly failures: number;
}

export interface AuditTrail {
  /** Takes an entry in memory; it is written with those that came meanwhile. Never throws. */
  note(entry: AccessEntry): void;
  /** Throws MW1614 while the log cannot be written and the policy is to refuse. */
  requireWritable(): void;
  counters(): AuditCounters;
  /** Writes what waits. The log stays open. */
  close(): Promise<void>;
}

/** Entries in one append. */
const batchEntries = 1_000;
const keptIds = 100;
/** After a failure the log is tried again at most so often. */
const pauseMs = 1_000;

/**
 * Who asked for what, one line of JSON each, in an append-only log. An answer does not wait for its line: a process
 * that is killed loses the lines of its last turns of the event loop.
 */
export function createAuditTrail(policy: AuditPolicy, log: AppendLog, clock: Clock): AuditTrail {
  /** In order; those that are being written are `underWay` more. */
  let waiting: string[] = [];
  let underWay = 0;
  let writing: Promise<void> | undefined;
  let failing = false;
  let tryAgainMs = -Infinity;
  let [written, lost, failures] = [0, 0, 0];

  /** Whether a batch was written. */
  async function writeBatch(): Promise<boolean> {
    const batch = waiting.splice(0, batchEntries);
    underWay = batch.length;
    try {
      await log.append(batch);
      written += batch.length;
      failing = false;
    } catch {
      // Whatever it is: the trail must not fail a request.
      failures += 1;
      failing = true;
      tryAgainMs = clock.monotonicMs() + pauseMs;
      waiting = [...batch, ...waiting];
    }
    underWay = 0;
    return !failing;
  }

  async function write(): Promise<void> {
    while (waiting.length > 0 && (await writeBatch()));
    // In the same turn as the last look: an entry that comes later starts another round.
    writing = undefined;
  }

  function start(): void {
    if (writing !== undefined || waiting.length === 0) return;
    if (!failing || clock.monotonicMs() >= tryAgainMs) writing = write();
  }

  return Object.freeze({
    note(entry: AccessEntry) {
      if (waiting.length + underWay >= policy.waitingEntries) lost += 1;
      else waiting.push(line(entry, clock.nowMs()));
      start();
    },
    requireWritable() {
      if (!failing || policy.onFailure === "serve") return;
      start();
      throw accessErrors.error("MW1614", {
        expected: "an audit trail that can be written",
        found: "a log that does not take entries",
        remedy: "Try again in a second; an operator makes room on the disk.",
        details: { retryAfterMs: pauseMs },
      });
    },
    counters: () => ({ written, lost, failures }),
    async close() {
      await writing;
      await write();
      lost += waiting.length;
      waiting = [];
    },
  });
}

function line({ caller, ids, ...entry }: AccessEntry, atMs: number): string {
  const who = caller === null ? null : caller.id;
  const kept = ids === undefined ? {} : { ids: ids.slice(0, keptIds) };
  return JSON.stringify({ atMs, caller: who, ...entry, ...kept });
}
