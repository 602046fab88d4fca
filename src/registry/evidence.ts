/** What every piece of evidence says. These are aliases, not interfaces, so that they are `Canonical`. */
type Finding = {
  readonly passed: boolean;
  /** One line for people. */
  readonly detail: string;
};

/** A gate of the configuration, judged on held-out data. */
export type GateEvidence = Finding & {
  readonly kind: "gate";
  readonly name: string;
  /** What was measured, in the gate's unit; null when nothing could be measured, which is never a pass. */
  readonly observed: number | null;
  /** The bound that it was held against; null when the gate has no single bound. */
  readonly required: number | null;
};

/** The package, loaded by the serving engine, gave its stored outputs. */
export type ProbeParityEvidence = Finding & {
  readonly kind: "probe-parity";
  readonly probes: number;
  /** Largest absolute difference to a stored output. */
  readonly maxDifference: number;
};

/** Online features equal offline features. */
export type FeatureParityEvidence = Finding & {
  readonly kind: "feature-parity";
  readonly rows: number;
  readonly mismatches: number;
};

export type Evidence = GateEvidence | ProbeParityEvidence | FeatureParityEvidence;

/** Short name for messages. */
export function evidenceName(evidence: Evidence): string {
  return evidence.kind === "gate" ? `gate ${evidence.name}` : evidence.kind;
}

/** How much the evidence rests on: nothing measured proves nothing, whatever `passed` says. */
export function hasData(evidence: Evidence): boolean {
  switch (evidence.kind) {
    case "gate":
      return evidence.observed !== null;
    case "probe-parity":
      return evidence.probes > 0;
    case "feature-parity":
      return evidence.rows > 0;
  }
}
