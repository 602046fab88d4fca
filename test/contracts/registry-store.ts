import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { manualClock, type Clock } from "../../src/kernel/index.js";
import {
  checkAgainstLog,
  decidePromotion,
  evidenceHash,
  holdsOf,
  replayAuditLog,
  verifyAuditLog,
  type Evidence,
  type ModelContract,
  type PromotionRequest,
  type RegistryStore,
} from "../../src/registry/index.js";

const gate: Evidence = {
  kind: "gate",
  name: "auc",
  passed: true,
  observed: 0.76,
  required: 0.75,
  detail: "0.76 ≥ 0.75",
};
const probes: Evidence = {
  kind: "probe-parity",
  passed: true,
  probes: 20,
  maxDifference: 0,
  detail: "20 probes equal",
};
const features: Evidence = {
  kind: "feature-parity",
  passed: true,
  rows: 50,
  mismatches: 0,
  detail: "50 rows equal",
};

/** A request that is granted as long as `comparedWith` is the holder. */
function request(version: number, comparedWith: number | null, alias = "champion"): PromotionRequest {
  return { model: "delay", version, alias, comparedWith, evidence: [gate, probes, features] };
}

/** What every registry must do. `make` gives an empty one that takes its times from the clock. */
export function describeRegistryStoreContract(
  name: string,
  make: (clock: Clock) => Promise<RegistryStore>,
): void {
  describe(`${name}: registry store contract`, () => {
    const clock = manualClock(1_000);
    let store: RegistryStore;
    beforeEach(async () => {
      store = await make(clock);
    });
    const register = (packageId: string, model = "delay") =>
      store.register({ model, packageId, runId: "run" });
    const holder = async (alias: string) => (await store.resolve("delay", alias)).version;

    it("numbers the versions of each model from 1", async () => {
      const first = await register("p1");
      expect(first).toEqual({
        model: "delay",
        version: 1,
        semver: "1.0.0",
        packageId: "p1",
        runId: "run",
        registeredAtMs: clock.nowMs(),
        state: { kind: "registered" },
      });
      expect((await register("p2")).version).toBe(2);
      expect((await register("p1", "other")).version).toBe(1);
      expect(await store.models()).toEqual(["delay", "other"]);
      expect((await store.list("delay")).map(({ version }) => version)).toEqual([2, 1]);
    });

    it("gives a package that it knows its old number and writes nothing", async () => {
      const first = await register("p1");
      clock.advance(10);
      expect(await store.register({ model: "delay", packageId: "p1", runId: null })).toEqual(first);
      expect(await store.auditLog()).toHaveLength(1);
    });

    it("resolves numbers and aliases", async () => {
      await register("p1");
      await register("p2");
      await store.promote(request(1, null));
      expect(await holder("2")).toBe(2);
      expect(await holder("champion")).toBe(1);
      expect((await store.resolve("delay", "1")).state).toEqual({ kind: "aliased", aliases: ["champion"] });
    });

    it("names the nearest when it is asked for what it does not have", async () => {
      await register("p1");
      await store.promote(request(1, null));
      await expect(store.list("dealy")).rejects.toMatchObject({
        code: "MW0601",
        remedy: 'Did you mean "delay"?',
      });
      await expect(store.resolve("x", "1")).rejects.toMatchObject({ code: "MW0601" });
      await expect(store.promotions("x")).rejects.toMatchObject({ code: "MW0601" });
      await expect(store.resolve("delay", "2")).rejects.toMatchObject({
        code: "MW0602",
        remedy: "Versions: 1.",
      });
      await expect(store.promote(request(7, null))).rejects.toMatchObject({ code: "MW0602" });
      await expect(store.resolve("delay", "champoin")).rejects.toMatchObject({
        code: "MW0603",
        remedy: 'Did you mean "champion"?',
      });
    });

    it.each(["", "3", "Delay", "a b", "a,b", "x".repeat(64), "naïve"])("refuses the name %j", async (bad) => {
      await expect(register("p1", bad)).rejects.toMatchObject({ code: "MW0611" });
      expect(await store.models()).toEqual([]);
      await register("p1");
      await expect(store.promote(request(1, null, bad))).rejects.toMatchObject({ code: "MW0611" });
      expect(await store.auditLog()).toHaveLength(1);
    });

    it("moves an alias, and lets a version hold several", async () => {
      await register("p1");
      await register("p2");
      await store.promote(request(1, null));
      await store.promote(request(2, null, "challenger"));
      await store.promote(request(2, 1));
      expect(await holder("champion")).toBe(2);
      expect((await store.resolve("delay", "2")).state).toEqual({
        kind: "aliased",
        aliases: ["challenger", "champion"],
      });
      expect((await store.resolve("delay", "1")).state).toEqual({ kind: "candidate" });
    });

    it("derives semantic versions from the contract of the version before, and resolves them", async () => {
      const contract: ModelContract = {
        request: { city: { kind: "string", nullable: false } },
        response: "binary",
        features: { hour: 1 },
      };
      const versions = [contract, contract, { ...contract, features: { hour: 2 } }, undefined, contract];
      for (const [i, each] of versions.entries()) {
        const known = each === undefined ? {} : { contract: each };
        await store.register({ model: "delay", packageId: `p${i}`, runId: null, ...known });
      }
      await store.register({ model: "delay", packageId: "p9", runId: null, contract });
      const numbers = ["3.0.1", "3.0.0", "2.0.0", "1.1.0", "1.0.1", "1.0.0"];
      expect((await store.list("delay")).map(({ semver }) => semver)).toEqual(numbers);
      expect((await store.resolve("delay", "1.1.0")).version).toBe(3);
      await expect(store.resolve("delay", "1.2.0")).rejects.toMatchObject({
        code: "MW0602",
        remedy: "Versions: 1.0.0, 1.0.1, 1.1.0, 2.0.0, 3.0.0, 3.0.1.",
      });
    });

    it("records a refusal with its evidence and leaves the alias where it is", async () => {
      await register("p1");
      await register("p2");
      await store.promote(request(1, null));
      clock.advance(5);
      const failing = { ...request(2, 1), evidence: [{ ...gate, passed: false }, probes, features] };
      const record = await store.promote(failing);
      expect(record).toEqual({
        sequence: 4,
        atMs: clock.nowMs(),
        request: failing,
        facts: { holder: 1, retired: false, rejected: false, approvedBy: [] },
        decision: { verdict: "refuse", reasons: ["gate auc failed: 0.76 ≥ 0.75"] },
      });
      expect(await holder("champion")).toBe(1);
      expect((await store.promotions("delay")).at(-1)).toEqual(record);
    });

    it("judges by who holds the alias at the moment of the decision", async () => {
      for (const id of ["p1", "p2", "p3"]) await register(id);
      await store.promote(request(1, null));
      await store.promote(request(2, 1));
      expect((await store.promote(request(3, 1))).decision.verdict).toBe("refuse");
      expect(await holder("champion")).toBe(2);
    });

    it("retires a version for good, and none that an alias points at", async () => {
      await register("p1");
      await store.promote(request(1, null));
      await expect(store.retire({ model: "delay", version: 1, reason: "old" })).rejects.toMatchObject({
        code: "MW0610",
      });
      await register("p2");
      await store.promote(request(2, 1));
      const retired = await store.retire({ model: "delay", version: 1, reason: "old" });
      expect(retired.state).toEqual({ kind: "retired", retiredAtMs: clock.nowMs(), reason: "old" });
      const entries = (await store.auditLog()).length;
      expect(await store.retire({ model: "delay", version: 1, reason: "again" })).toEqual(retired);
      expect(await store.auditLog()).toHaveLength(entries);
      expect((await store.promote(request(1, 2))).decision.verdict).toBe("refuse");
      await expect(store.retire({ model: "delay", version: 9, reason: "" })).rejects.toMatchObject({
        code: "MW0602",
      });
    });

    describe("where people must agree", () => {
      const approvals = { by: 2, names: ["ann", "bob", "cyd"] };
      const wish = { ...request(1, null), approvals };
      const yes = (by: string, changes: object = {}) => ({
        ...{ model: "delay", version: 1, alias: "champion", evidenceHash: evidenceHash(wish) },
        ...{ by, reason: "looks right" },
        ...changes,
      });

      beforeEach(async () => {
        await register("p1");
        expect((await store.promote(wish)).decision).toEqual({
          verdict: "wait",
          reasons: ["approved by 0 of 2"],
        });
      });

      it("a candidate waits until enough different people approved exactly this", async () => {
        expect((await store.resolve("delay", "1")).state).toEqual({ kind: "candidate" });
        const first = await store.approve(yes("ann"));
        expect(first).toEqual({ ...yes("ann"), packageId: "p1", sequence: 3, atMs: clock.nowMs() });
        expect(await store.approve(yes("ann", { reason: "again" }))).toEqual(first);
        await store.approve(yes("eve"));
        expect((await store.promote(wish)).decision.reasons).toEqual(["approved by 1 of 2: ann"]);
        await store.approve(yes("bob"));
        expect(await store.approvals("delay")).toHaveLength(3);
        const record = await store.promote(wish);
        expect(record.decision.verdict).toBe("promote");
        expect(record.decision.reasons.at(-1)).toBe("approved by 2 of 2: ann, bob");
        expect(await holder("champion")).toBe(1);
      });

      it("an approval counts for no other evidence, package or alias", async () => {
        await store.approve(yes("ann"));
        await store.approve(yes("bob"));
        const others = { ...wish, evidence: [{ ...gate, observed: 0.77 }, probes, features] };
        expect((await store.promote(others)).decision.verdict).toBe("wait");
        await register("p2");
        expect((await store.promote({ ...wish, version: 2 })).decision.verdict).toBe("wait");
        const challenger = await store.promote({ ...wish, alias: "challenger" });
        expect(challenger.decision.verdict).toBe("wait");
        // Judged again on other evidence: what was looked at before cannot be approved any more.
        await expect(store.approve(yes("cyd"))).rejects.toMatchObject({ code: "MW0616" });
        const hash = evidenceHash(others);
        expect(await store.approve(yes("cyd", { evidenceHash: hash }))).toMatchObject({ by: "cyd" });
      });

      it("takes no approval that nothing waits for, and none without a name or a reason", async () => {
        await register("p2");
        await expect(store.approve(yes("ann", { version: 2 }))).rejects.toMatchObject({
          code: "MW0616",
          found: "it was not judged",
        });
        await expect(store.approve(yes("ann", { version: 9 }))).rejects.toMatchObject({ code: "MW0602" });
        for (const bad of [{ by: "" }, { by: " ann" }, { reason: "" }, { reason: "two\nlines" }]) {
          await expect(store.approve(yes("ann", bad))).rejects.toMatchObject({ code: "MW0619" });
        }
        await store.promote(request(1, null));
        await expect(store.approve(yes("ann"))).rejects.toMatchObject({ code: "MW0616" });
        expect(await store.approvals("delay")).toEqual([]);
      });

      it("a rejected version can neither be approved nor promoted", async () => {
        await store.approve(yes("ann"));
        await store.approve(yes("bob"));
        await store.reject({ model: "delay", version: 1, by: "cyd", reason: "biased" });
        await expect(store.approve(yes("cyd"))).rejects.toMatchObject({
          code: "MW0616",
          found: "it is rejected",
        });
        expect((await store.promote(wish)).decision).toEqual({
          verdict: "refuse",
          reasons: ["version 1 was rejected"],
        });
      });
    });

    it("rejects for good, out of staging too, and no champion", async () => {
      await register("p1");
      await register("p2");
      await store.promote(request(1, null));
      await store.promote(request(2, null, "challenger"));
      const no = { model: "delay", by: "ann", reason: "biased" };
      await expect(store.reject({ ...no, version: 1 })).rejects.toMatchObject({ code: "MW0610" });
      await expect(store.reject({ ...no, version: 2, by: "" })).rejects.toMatchObject({ code: "MW0619" });
      const rejected = await store.reject({ ...no, version: 2 });
      const state = { kind: "rejected", rejectedAtMs: clock.nowMs(), by: "ann", reason: "biased" };
      expect(rejected.state).toEqual(state);
      await expect(store.resolve("delay", "challenger")).rejects.toMatchObject({ code: "MW0603" });
      const entries = (await store.auditLog()).length;
      expect(await store.reject({ ...no, version: 2, by: "bob" })).toEqual(rejected);
      expect(await store.auditLog()).toHaveLength(entries);
      expect((await store.retire({ model: "delay", version: 2, reason: "old" })).state.kind).toBe("retired");
      await expect(store.reject({ ...no, version: 2 })).rejects.toMatchObject({ code: "MW0617" });
    });

    it("keeps what is held, until it is released", async () => {
      const held = { blob: "a".repeat(64), by: "ann", reason: "court order" };
      await store.hold(held);
      await store.hold({ ...held, blob: "b".repeat(64) });
      await store.release({ ...held, reason: "closed" });
      expect([...holdsOf(await store.auditLog()).keys()]).toEqual(["b".repeat(64)]);
      await expect(store.hold({ ...held, by: "" })).rejects.toMatchObject({ code: "MW0619" });
      await expect(store.release({ ...held, reason: "" })).rejects.toMatchObject({ code: "MW0619" });
    });

    it("writes nothing when evidence cannot be written", async () => {
      await register("p1");
      const unwritable = { ...request(1, null), evidence: [{ ...gate, observed: NaN }, probes] };
      await expect(store.promote(unwritable)).rejects.toMatchObject({ code: "MW0102" });
      expect(await store.auditLog()).toHaveLength(1);
      await expect(store.resolve("delay", "champion")).rejects.toMatchObject({ code: "MW0603" });
    });

    it("holds its state, its log and its decisions together, whatever is done to it", async () => {
      const command = fc.oneof(
        fc.record({ kind: fc.constant("register"), id: fc.constantFrom("p1", "p2", "p3") }),
        fc.record({
          kind: fc.constant("promote"),
          version: fc.integer({ min: 1, max: 3 }),
          comparedWith: fc.constantFrom(null, 1, 2, 3),
          alias: fc.constantFrom("champion", "challenger"),
          passed: fc.boolean(),
          people: fc.integer({ min: 0, max: 2 }),
        }),
        fc.record({
          kind: fc.constantFrom("retire" as const, "reject" as const, "approve" as const),
          version: fc.integer({ min: 1, max: 3 }),
          by: fc.constantFrom("ann", "bob"),
        }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 16 }), async (commands) => {
          const registry = await make(clock);
          await registry.register({ model: "delay", packageId: "p0", runId: null });
          for (const step of commands) {
            // Commands that the present state does not allow are part of the property: they must change nothing.
            await apply(registry, step).catch((error: unknown) => {
              expect(error).toMatchObject({ code: expect.stringMatching(/^MW06(02|10|16|17)$/) as string });
            });
          }
          await expectConsistent(registry);
        }),
        { numRuns: 60 },
      );
    });
  });
}

type Command =
  | { kind: string; id: string }
  | {
      kind: string;
      version: number;
      comparedWith: number | null;
      alias: string;
      passed: boolean;
      people: number;
    }
  | { kind: "retire" | "reject" | "approve"; version: number; by: string };

async function apply(store: RegistryStore, command: Command): Promise<unknown> {
  if ("id" in command) return store.register({ model: "delay", packageId: command.id, runId: null });
  const { version } = command;
  if ("by" in command) {
    const { kind, by } = command;
    if (kind === "retire") return store.retire({ model: "delay", version, reason: "test" });
    if (kind === "reject") return store.reject({ model: "delay", version, by, reason: "test" });
    const last = (await store.promotions("delay")).findLast(({ request }) => request.version === version);
    const about = last?.request ?? request(version, null);
    const { alias } = about;
    const hash = evidenceHash(about);
    return store.approve({ model: "delay", version, alias, evidenceHash: hash, by, reason: "test" });
  }
  const { comparedWith, alias, passed, people } = command;
  return store.promote({
    ...request(version, comparedWith, alias),
    evidence: [
      { ...gate, passed },
      { ...probes, passed },
    ],
    windowFeatures: false,
    ...(people === 0 ? {} : { approvals: { by: people } }),
  });
}

/** The log's chain holds, each decision follows from its record, and the log alone gives the state. */
async function expectConsistent(store: RegistryStore): Promise<void> {
  const log = await store.auditLog();
  expect(verifyAuditLog(log)).toMatchObject({ ok: true, head: { sequence: log.length } });
  for (const record of await store.promotions("delay")) {
    expect(decidePromotion(record.request, record.facts)).toEqual(record.decision);
  }
  const versions = await store.list("delay");
  checkAgainstLog(log, versions);
  expect(replayAuditLog(log)).toHaveLength(versions.length);
  // The same once more, naively: what each kind of entry alone decides.
  const packages: string[] = [];
  const aliases = new Map<string, number>();
  const [retired, rejected] = [new Set<number>(), new Set<number>()];
  for (const { event } of log) {
    if (event.action === "register") packages.push(event.packageId);
    if (event.action === "retire") retired.add(event.version);
    if (event.action === "reject") {
      rejected.add(event.version);
      for (const [alias, holder] of [...aliases]) if (holder === event.version) aliases.delete(alias);
    }
    if (event.action === "promotion" && event.decision.verdict === "promote")
      aliases.set(event.request.alias, event.request.version);
  }
  expect(versions.map(({ packageId }) => packageId).reverse()).toEqual(packages);
  for (const { version, state } of versions) {
    const held = [...aliases].filter(([, holder]) => holder === version).map(([alias]) => alias);
    expect(state.kind === "aliased" ? state.aliases : []).toEqual(held.sort());
    expect(state.kind === "retired").toBe(retired.has(version));
    expect(state.kind === "rejected").toBe(rejected.has(version) && !retired.has(version));
  }
}
