import { describe, expect, it } from "vitest";
import { emptyAuditHead, nextAuditEntry, type AuditEntry, type AuditEvent } from "./audit-log.js";
import type { Evidence } from "./evidence.js";
import { checkAgainstLog, holdsOf, replayAuditLog } from "./replay-audit-log.js";
import type { ModelVersion } from "./versions.js";

const probes: Evidence = { kind: "probe-parity", passed: true, probes: 1, maxDifference: 0, detail: "equal" };
const registered = (version: number): AuditEvent => ({
  ...{ action: "register", model: "delay", version, packageId: `p${version}`, runId: null },
});
const promoted = (version: number, holder: number | null): AuditEvent => ({
  action: "promotion",
  request: { model: "delay", version, alias: "challenger", comparedWith: holder, evidence: [probes] },
  facts: { holder, retired: false },
  decision: { verdict: "promote", reasons: ["probe-parity passed: equal"] },
});
const retired = (version: number): AuditEvent => ({
  action: "retire",
  model: "delay",
  version,
  reason: "old",
});

function log(...events: readonly AuditEvent[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const [i, event] of events.entries()) {
    entries.push(nextAuditEntry(entries.at(-1) ?? emptyAuditHead, i, event));
  }
  return entries;
}

const stored = (version: number, state: ModelVersion["state"]): ModelVersion => ({
  ...{ model: "delay", version, semver: `${version}.0.0`, packageId: `p${version}`, runId: null },
  ...{ registeredAtMs: 0, state },
});

const history = log(registered(1), registered(2), promoted(1, null), promoted(2, 1), retired(1));
const now = [
  stored(1, { kind: "retired", retiredAtMs: 4, reason: "old" }),
  stored(2, { kind: "aliased", aliases: ["challenger"] }),
];

describe("the registry as its log tells it", () => {
  it("is what entry after entry made of it", () => {
    expect(replayAuditLog(history).map(({ version, state }) => [version, state])).toEqual([
      [1, now[0].state],
      [2, now[1].state],
    ]);
    expect(() => checkAgainstLog(history, now)).not.toThrow();
  });

  it.each<[string, readonly ModelVersion[]]>([
    ["an alias that was moved", [now[0], stored(2, { kind: "candidate" })]],
    ["a package that was put in another's place", [now[0], { ...now[1], packageId: "p3" }]],
    ["a version that is gone", [now[1]]],
    ["a version that nobody registered", [...now, stored(3, { kind: "registered" })]],
  ])("is not what the tables say: %s is MW0614", (_, versions) => {
    expect(() => checkAgainstLog(history, versions)).toThrow(expect.objectContaining({ code: "MW0614" }));
  });

  it.each<[string, readonly AuditEvent[]]>([
    ["a decision that its inputs do not give", [registered(1), promoted(1, null), { ...promoted(1, 9) }]],
    ["a version that was never registered", [retired(1)]],
    ["an alias that a retired version got", [registered(1), retired(1), promoted(1, null)]],
  ])("cannot have happened with %s: MW0614", (_, events) => {
    const forged = events.map((event) =>
      event.action === "promotion" && event.facts.holder === 9
        ? { ...event, request: { ...event.request, comparedWith: null } }
        : event,
    );
    expect(() => replayAuditLog(log(...forged))).toThrow(expect.objectContaining({ code: "MW0614" }));
  });

  it("holds what was held and not released since", () => {
    const hold = (action: "hold" | "release", blob: string): AuditEvent => ({
      ...{ action, blob, by: "ann", reason: "audit" },
    });
    const entries = log(hold("hold", "a"), hold("hold", "b"), hold("release", "a"), hold("release", "c"));
    expect([...holdsOf(entries).keys()]).toEqual(["b"]);
    expect([...holdsOf([...entries, ...log(hold("hold", "a"))]).keys()]).toEqual(["b", "a"]);
  });
});
