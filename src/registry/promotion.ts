import type { MillwrightError } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import { evidenceName, hasData, type Evidence } from "./evidence.js";

/** The wish that an alias points at a version, with everything that speaks for it. */
export type PromotionRequest = {
  readonly model: string;
  readonly version: number;
  readonly alias: string;
  /** The version that held the alias when the evidence was gathered; null when none did. */
  readonly comparedWith: number | null;
  readonly evidence: readonly Evidence[];
};

/** What the store knows at the moment of the decision. */
export type PromotionFacts = {
  /** The version that holds the alias now. */
  readonly holder: number | null;
  /** Whether the wanted version is retired. */
  readonly retired: boolean;
};

export type PromotionDecision = {
  readonly verdict: "promote" | "refuse";
  /** Why, one line each; never empty. */
  readonly reasons: readonly string[];
};

/** A decision with its inputs: `decidePromotion(request, facts)` gives the decision again. */
export interface PromotionRecord {
  /** Number of the audit entry that holds the record. */
  readonly sequence: number;
  readonly atMs: number;
  readonly request: PromotionRequest;
  readonly facts: PromotionFacts;
  readonly decision: PromotionDecision;
}

/**
 * Every alias needs a package that gives its stored outputs; the champion must have passed a gate, and its
 * features must have been the same in serving as in training.
 */
function requiredKinds(alias: string): readonly Evidence["kind"][] {
  return alias === "champion" ? ["gate", "probe-parity", "feature-parity"] : ["probe-parity"];
}

/**
 * Whether an alias may move. Promotes only when every required kind of evidence is there, all evidence
 * passed and rests on data, the version is not retired, and the evidence was gathered against the
 * version that still holds the alias.
 */
export function decidePromotion(request: PromotionRequest, facts: PromotionFacts): PromotionDecision {
  const reasons: string[] = [];
  if (facts.retired) reasons.push(`version ${request.version} is retired`);
  if (facts.holder !== request.comparedWith) {
    const name = (version: number | null) => (version === null ? "no version" : `version ${version}`);
    reasons.push(
      `the evidence compares with ${name(request.comparedWith)}, but ${name(facts.holder)} is ${request.alias} now`,
    );
  }
  for (const kind of requiredKinds(request.alias)) {
    if (!request.evidence.some((evidence) => evidence.kind === kind)) reasons.push(`no ${kind} evidence`);
  }
  for (const evidence of request.evidence) {
    if (!hasData(evidence)) reasons.push(`${evidenceName(evidence)} rests on no data: ${evidence.detail}`);
    else if (!evidence.passed) reasons.push(`${evidenceName(evidence)} failed: ${evidence.detail}`);
  }
  if (reasons.length > 0) return { verdict: "refuse", reasons };
  return {
    verdict: "promote",
    reasons: request.evidence.map((evidence) => `${evidenceName(evidence)} passed: ${evidence.detail}`),
  };
}

/** MW0609: the error of a refused promotion that was given as a command. */
export function promotionRefused({ request, decision }: PromotionRecord): MillwrightError {
  return registryErrors.error("MW0609", {
    expected: `evidence that version ${request.version} of "${request.model}" may be ${request.alias}`,
    found: decision.reasons.join("; "),
    remedy: "Mend the cause and promote again with fresh evidence.",
    details: {
      model: request.model,
      version: request.version,
      alias: request.alias,
      reasons: decision.reasons,
    },
  });
}
