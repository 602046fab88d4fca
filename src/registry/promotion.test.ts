import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Evidence } from "./evidence.js";
import {
  decidePromotion,
  evidenceHash,
  promotionRefused,
  type PromotionFacts,
  type PromotionRequest,
} from "./promotion.js";

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
  probes: 9,
  maxDifference: 0,
  detail: "9 probes equal",
};
const features: Evidence = {
  kind: "feature-parity",
  passed: true,
  rows: 50,
  mismatches: 0,
  detail: "50 rows equal",
};
const facts: PromotionFacts = { holder: 1, retired: false };

function request(evidence: readonly Evidence[], changes: Partial<PromotionRequest> = {}): PromotionRequest {
  return { model: "delay", version: 2, alias: "champion", comparedWith: 1, evidence, ...changes };
}
const reasons = (wish: PromotionRequest, now = facts) => {
  const decision = decidePromotion(wish, now);
  return decision.verdict === "refuse" ? decision.reasons : [];
};

describe("decidePromotion", () => {
  it("promotes on passing evidence of every required kind and says what spoke for it", () => {
    expect(decidePromotion(request([gate, probes, features]), facts)).toEqual({
      verdict: "promote",
      reasons: [
        "gate auc passed: 0.76 ≥ 0.75",
        "probe-parity passed: 9 probes equal",
        "feature-parity passed: 50 rows equal",
      ],
    });
  });

  it("asks a champion for gates, probes and equal features, any other alias for probes", () => {
    expect(reasons(request([]))).toEqual([
      "no gate evidence",
      "no probe-parity evidence",
      "no feature-parity evidence",
    ]);
    expect(reasons(request([], { alias: "challenger" }))).toEqual(["no probe-parity evidence"]);
    expect(decidePromotion(request([probes], { alias: "challenger" }), facts).verdict).toBe("promote");
  });

  it("asks no proof of windowed features where a version has none", () => {
    const wish = request([gate, probes], { windowFeatures: false });
    expect(decidePromotion(wish, facts).verdict).toBe("promote");
    const differing = { ...features, passed: false, detail: "1 of 50 differs" };
    expect(reasons({ ...wish, evidence: [gate, probes, differing] })).toEqual([
      "feature-parity failed: 1 of 50 differs",
    ]);
  });

  it("waits for as many different people as are asked for, of those who may", () => {
    const wish = request([gate, probes, features], { approvals: { by: 2, names: ["ann", "bob"] } });
    const decide = (approvedBy: string[], changes: Partial<PromotionRequest> = {}) =>
      decidePromotion({ ...wish, ...changes }, { ...facts, approvedBy });
    expect(decide([])).toEqual({ verdict: "wait", reasons: ["approved by 0 of 2"] });
    expect(decide(["ann", "eve"])).toEqual({ verdict: "wait", reasons: ["approved by 1 of 2: ann"] });
    expect(decide(["ann", "bob"]).verdict).toBe("promote");
    expect(decide(["ann", "eve"], { approvals: { by: 2 } }).verdict).toBe("promote");
    // People do not outvote evidence.
    expect(decide(["ann", "bob"], { evidence: [probes, features] }).verdict).toBe("refuse");
    expect(decidePromotion(wish, facts).verdict).toBe("wait");
  });

  it("refuses a rejected version", () => {
    expect(reasons(request([gate, probes, features]), { ...facts, rejected: true })).toEqual([
      "version 2 was rejected",
    ]);
  });

  it("takes no data for no pass", () => {
    const blind = { ...gate, observed: null, detail: "no rows" };
    expect(reasons(request([blind, probes, features]))).toEqual(["gate auc rests on no data: no rows"]);
    expect(reasons(request([gate, { ...probes, probes: 0 }, features]))).toHaveLength(1);
    expect(reasons(request([gate, probes, { ...features, rows: 0 }]))).toEqual([
      "feature-parity rests on no data: 50 rows equal",
    ]);
  });

  it("makes no champion of a version whose features differ in serving, nor of one where nobody looked", () => {
    const differing = { ...features, passed: false, mismatches: 1, detail: "1 of 50 differs" };
    expect(reasons(request([gate, probes, differing]))).toEqual(["feature-parity failed: 1 of 50 differs"]);
    expect(reasons(request([gate, probes, features, differing]))).toHaveLength(1);
    expect(reasons(request([gate, probes]))).toEqual(["no feature-parity evidence"]);
    expect(reasons(request([probes, differing], { alias: "challenger" }))).toHaveLength(1);
  });

  it("refuses evidence that was gathered against another holder", () => {
    expect(reasons(request([gate, probes, features]), { holder: 3, retired: false })).toEqual([
      "the evidence compares with version 1, but version 3 is champion now",
    ]);
    expect(reasons(request([gate, probes, features], { comparedWith: null }))).toEqual([
      "the evidence compares with no version, but version 1 is champion now",
    ]);
  });

  it("refuses a retired version", () => {
    expect(reasons(request([gate, probes, features]), { holder: 1, retired: true })).toEqual([
      "version 2 is retired",
    ]);
  });

  it("never promotes over a failed piece of evidence, and names each", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1 }), (outcomes) => {
        const gates = outcomes.map((passed, i): Evidence => ({ ...gate, name: `g${i}`, passed }));
        const decision = decidePromotion(request([...gates, probes, features]), facts);
        const failed = outcomes.flatMap((passed, i) => (passed ? [] : [`gate g${i} failed: 0.76 ≥ 0.75`]));
        expect(decision.verdict).toBe(failed.length === 0 ? "promote" : "refuse");
        if (failed.length > 0) expect(decision.reasons).toEqual(failed);
      }),
    );
  });
});

describe("an imported graph, of which nothing was measured", () => {
  const imported = (changes: Partial<PromotionRequest> = {}) =>
    request([probes], { imported: true, ...changes });
  const needed = "an imported graph without gates needs a person's approval to be champion";

  it("is no champion unless people are asked, or answered for this package before", () => {
    expect(reasons(imported())).toEqual([needed]);
    expect(reasons(imported(), { ...facts, vouchedBy: [] })).toEqual([needed]);
    expect(reasons(imported({ approvals: { by: 0 } }))).toEqual([needed]);
    const asked = imported({ approvals: { by: 1 } });
    expect(decidePromotion(asked, facts).verdict).toBe("wait");
    expect(decidePromotion(asked, { ...facts, vouchedBy: ["ann"] }).verdict).toBe("wait");
    expect(decidePromotion(asked, { ...facts, approvedBy: ["ann"] }).verdict).toBe("promote");
    expect(decidePromotion(imported(), { ...facts, vouchedBy: ["ann"] }).verdict).toBe("promote");
  });

  it("gives its stored outputs, whoever approved it, and takes other aliases by that alone", () => {
    const approved = { ...facts, approvedBy: ["ann"], vouchedBy: ["ann"] };
    const unproven = request([], { imported: true, approvals: { by: 1 } });
    expect(reasons(unproven, approved)).toEqual(["no probe-parity evidence"]);
    expect(decidePromotion(imported({ alias: "challenger" }), facts).verdict).toBe("promote");
  });

  it("is the only one that people may answer for in place of gates", () => {
    const trained = request([probes, features], { approvals: { by: 1 } });
    expect(reasons(trained, { ...facts, approvedBy: ["ann"], vouchedBy: ["ann"] })).toEqual([
      "no gate evidence",
    ]);
  });
});

it("a missing approval as an error is MW0615 and says how to give it", () => {
  const wish = request([gate, probes, features], { approvals: { by: 1 } });
  const decision = decidePromotion(wish, facts);
  const error = promotionRefused({ sequence: 1, atMs: 0, request: wish, facts, decision });
  expect(error).toMatchObject({ code: "MW0615", found: "approved by 0 of 1" });
  expect(error.remedy).toContain("millwright models approve delay 2 --as");
});

it("what is approved is the alias, the holder and every piece of evidence", () => {
  const wish = request([gate, probes]);
  const others = [
    { ...wish, alias: "challenger" },
    { ...wish, comparedWith: null },
    { ...wish, evidence: [gate] },
    { ...wish, evidence: [{ ...gate, detail: "another" }, probes] },
  ];
  expect(new Set([wish, ...others].map(evidenceHash)).size).toBe(5);
  const governed: PromotionRequest = { ...wish, approvals: { by: 9 } };
  expect(evidenceHash(governed)).toBe(evidenceHash(wish));
});

it("a refusal as an error is MW0609 and carries the reasons", () => {
  const wish = request([{ ...gate, passed: false }, probes, features]);
  const error = promotionRefused({
    sequence: 1,
    atMs: 0,
    request: wish,
    facts,
    decision: decidePromotion(wish, facts),
  });
  expect(error).toMatchObject({ code: "MW0609", details: { reasons: ["gate auc failed: 0.76 ≥ 0.75"] } });
});
