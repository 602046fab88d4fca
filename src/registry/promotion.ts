import { canonicalHash, type MillwrightError } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import { evidenceName, hasData, type Evidence } from "./evidence.js";

/** Who must agree before an alias moves. */
export type ApprovalRule = {
  /** So many different people, from 1. */
  readonly by: number;
  /** Only these count; anybody does when absent. */
  readonly names?: readonly string[] | undefined;
};

/** The wish that an alias points at a version, with everything that speaks for it. */
export type PromotionRequest = {
  readonly model: string;
  readonly version: number;
  readonly alias: string;
  /** The version that held the alias when the evidence was gathered; null when none did. */
  readonly comparedWith: number | null;
  readonly evidence: readonly Evidence[];
  /** Whether the version reads windowed features, so that its serving must be proven. Absent: it does. */
  readonly windowFeatures?: boolean | undefined;
  /** Whether the version is a graph that was imported, of which nothing was measured on data. Absent: it is not. */
  readonly imported?: boolean | undefined;
  /** What the configuration asks of people; absent: nothing. */
  readonly approvals?: ApprovalRule | undefined;
};

/** What the store knows at the moment of the decision. */
export type PromotionFacts = {
  /** The version that holds the alias now. */
  readonly holder: number | null;
  /** Whether the wanted version is retired. */
  readonly retired: boolean;
  /** Whether it was rejected. Absent in records of earlier versions of Millwright: it was not. */
  readonly rejected?: boolean | undefined;
  /** Who approved this very package for this alias on this very evidence, each once, sorted. */
  readonly approvedBy?: readonly string[] | undefined;
  /** For an imported version: who ever approved this very package for this alias, each once, sorted. */
  readonly vouchedBy?: readonly string[] | undefined;
};

export type PromotionDecision = {
  /** `wait`: the evidence suffices, and people must agree yet. */
  readonly verdict: "promote" | "wait" | "refuse";
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

/** What an approval is about, besides the package: the alias, the holder to be replaced, and all evidence. */
export function evidenceHash({
  alias,
  comparedWith,
  evidence,
}: Pick<PromotionRequest, "alias" | "comparedWith" | "evidence">): string {
  return canonicalHash({ alias, comparedWith, evidence });
}

/**
 * Every alias needs a package that gives its stored outputs; the champion must have passed a gate, and its
 * windowed features, where it has any, must have been the same in serving as in training. An imported graph has
 * neither gate nor features: people answer for it, see {@link objections}.
 */
function requiredKinds({
  alias,
  imported = false,
  windowFeatures = true,
}: PromotionRequest): readonly Evidence["kind"][] {
  if (alias !== "champion" || imported) return ["probe-parity"];
  return windowFeatures ? ["gate", "probe-parity", "feature-parity"] : ["gate", "probe-parity"];
}

/**
 * Whether an alias may move. Promotes only when every required kind of evidence is there, all evidence
 * passed and rests on data, the version is neither rejected nor retired, the evidence was gathered against
 * the version that still holds the alias, and as many people as were asked for approved exactly this.
 */
export function decidePromotion(request: PromotionRequest, facts: PromotionFacts): PromotionDecision {
  const reasons = objections(request, facts);
  if (reasons.length > 0) return { verdict: "refuse", reasons };
  const passed = request.evidence.map((evidence) => `${evidenceName(evidence)} passed: ${evidence.detail}`);
  if (request.approvals === undefined) return { verdict: "promote", reasons: passed };
  const { by, names } = request.approvals;
  const counted = (facts.approvedBy ?? []).filter((name) => names?.includes(name) ?? true);
  const who = `approved by ${counted.length} of ${by}${counted.length === 0 ? "" : `: ${counted.join(", ")}`}`;
  if (counted.length < by) return { verdict: "wait", reasons: [who] };
  return { verdict: "promote", reasons: [...passed, who] };
}

function objections(request: PromotionRequest, facts: PromotionFacts): string[] {
  const reasons: string[] = [];
  if (facts.retired) reasons.push(`version ${request.version} is retired`);
  if (facts.rejected === true) reasons.push(`version ${request.version} was rejected`);
  if (facts.holder !== request.comparedWith) {
    const name = (version: number | null) => (version === null ? "no version" : `version ${version}`);
    reasons.push(
      `the evidence compares with ${name(request.comparedWith)}, but ${name(facts.holder)} is ${request.alias} now`,
    );
  }
  const asked = (request.approvals?.by ?? 0) >= 1;
  if (request.imported === true && request.alias === "champion" && !asked && !facts.vouchedBy?.length) {
    reasons.push("an imported graph without gates needs a person's approval to be champion");
  }
  for (const kind of requiredKinds(request)) {
    if (!request.evidence.some((evidence) => evidence.kind === kind)) reasons.push(`no ${kind} evidence`);
  }
  for (const evidence of request.evidence) {
    if (!hasData(evidence)) reasons.push(`${evidenceName(evidence)} rests on no data: ${evidence.detail}`);
    else if (!evidence.passed) reasons.push(`${evidenceName(evidence)} failed: ${evidence.detail}`);
  }
  return reasons;
}

/** The error of a promotion that was given as a command and not made: MW0609, or MW0615 where people must agree. */
export function promotionRefused({ request, decision }: PromotionRecord): MillwrightError {
  const { model, version, alias } = request;
  const waits = decision.verdict === "wait";
  return registryErrors.error(waits ? "MW0615" : "MW0609", {
    expected: waits
      ? `the approvals that version ${version} of "${model}" needs to be ${alias}`
      : `evidence that version ${version} of "${model}" may be ${alias}`,
    found: decision.reasons.join("; "),
    remedy: waits
      ? `Ask for another: millwright models approve ${model} ${version} --as <name> --reason <text>.`
      : "Mend the cause and promote again with fresh evidence.",
    details: { model, version, alias, reasons: decision.reasons },
  });
}
