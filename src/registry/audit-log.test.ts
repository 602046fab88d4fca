import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  emptyAuditHead,
  nextAuditEntry,
  requireWholeLog,
  verifyAuditLog,
  type AuditEntry,
} from "./audit-log.js";

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let i = 1; i <= length; i++) {
    const event = {
      action: "register",
      model: "delay",
      version: i,
      packageId: `p${i}`,
      runId: null,
    } as const;
    entries.push(nextAuditEntry(entries.at(-1) ?? emptyAuditHead, 1_000 * i, event));
  }
  return entries;
}

describe("the audit log", () => {
  it("hashes the canonical entry with the hash before it", () => {
    const [first] = chain(1);
    const zeros = "0".repeat(64);
    // Canonical JSON written by hand: keys sorted, no white space.
    const json =
      '{"atMs":1000,"event":{"action":"register","model":"delay","packageId":"p1","runId":null,"version":1},' +
      `"previousHash":"${zeros}","sequence":1}`;
    expect(first.previousHash).toBe(zeros);
    expect(first.hash).toBe(createHash("sha256").update(json).digest("hex"));
  });

  it("verifies as far as it goes and gives its head", () => {
    expect(verifyAuditLog([])).toEqual({ ok: true, head: emptyAuditHead });
    const entries = chain(5);
    expect(verifyAuditLog(entries)).toEqual({ ok: true, head: { sequence: 5, hash: entries[4].hash } });
  });

  it("survives being stored as JSON", () => {
    expect(verifyAuditLog(JSON.parse(JSON.stringify(chain(3))) as AuditEntry[]).ok).toBe(true);
  });

  const position = fc.integer({ min: 0, max: 9 });
  const changes: Record<string, (entry: AuditEntry) => AuditEntry> = {
    time: (entry) => ({ ...entry, atMs: entry.atMs + 1 }),
    event: (entry) => ({
      ...entry,
      event: { action: "retire", model: "delay", version: 1, reason: "forged" },
    }),
    hash: (entry) => ({ ...entry, hash: "a".repeat(64) }),
    "hash before": (entry) => ({ ...entry, previousHash: "a".repeat(64) }),
    number: (entry) => ({ ...entry, sequence: entry.sequence + 1 }),
  };

  it.each(Object.keys(changes))("finds the first entry whose %s was changed", (what) => {
    fc.assert(
      fc.property(position, (at) => {
        const entries = chain(10).map((entry, i) => (i === at ? changes[what](entry) : entry));
        expect(verifyAuditLog(entries)).toMatchObject({ ok: false, sequence: at + 1 });
      }),
    );
  });

  it("finds an entry that was forged with a hash of its own at the one after it", () => {
    const entries = chain(4);
    entries[1] = nextAuditEntry(entries[0], 2_000, {
      action: "retire",
      model: "delay",
      version: 1,
      reason: "forged",
    });
    expect(verifyAuditLog(entries)).toMatchObject({ ok: false, sequence: 3 });
  });

  it("finds a removed and a swapped entry", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), (at) => {
        expect(verifyAuditLog(chain(10).toSpliced(at, 1))).toMatchObject({ ok: false, sequence: at + 1 });
        const entries = chain(10);
        const swapped = entries.with(at, entries[at + 1]).with(at + 1, entries[at]);
        expect(verifyAuditLog(swapped)).toMatchObject({ ok: false, sequence: at + 1 });
      }),
    );
  });
});

describe("a log that must be whole", () => {
  it("gives its head, also when an earlier head was noted", () => {
    const entries = chain(5);
    const head = { sequence: 5, hash: entries[4].hash };
    for (const noted of [undefined, emptyAuditHead.hash, entries[2].hash, entries[4].hash]) {
      expect(requireWholeLog(entries, noted)).toEqual(head);
    }
    expect(requireWholeLog([])).toEqual(emptyAuditHead);
  });

  it("is MW0612 at the first bad entry: changed, removed, or moved", () => {
    const entries = chain(6);
    const changed = entries.with(2, { ...entries[2], atMs: 1 });
    const moved = entries.with(2, entries[3]).with(3, entries[2]);
    for (const bad of [changed, entries.toSpliced(2, 1), moved]) {
      expect(() => requireWholeLog(bad)).toThrow(
        expect.objectContaining({
          code: "MW0612",
          details: expect.objectContaining({ sequence: 3 }) as object,
        }),
      );
    }
  });

  it("is MW0613 when its tail was cut, or all of it written anew", () => {
    const entries = chain(6);
    const noted = entries[5].hash;
    const cut = entries.slice(0, 4);
    expect(verifyAuditLog(cut)).toMatchObject({ ok: true });
    expect(() => requireWholeLog(cut, noted)).toThrow(
      expect.objectContaining({
        code: "MW0613",
        details: expect.objectContaining({ firstBad: 5 }) as object,
      }),
    );
    const event = { action: "retire", model: "delay", version: 1, reason: "forged" } as const;
    const anew = [...entries.slice(0, 5), nextAuditEntry(entries[4], 9, event)];
    expect(() => requireWholeLog(anew, noted)).toThrow(expect.objectContaining({ code: "MW0613" }));
    expect(() => requireWholeLog([], noted)).toThrow(expect.objectContaining({ code: "MW0613" }));
  });
});
