import { checkNumber, didYouMean, rejectUnknownKeys, type Canonical } from "../../kernel/index.js";
import type { TargetKind } from "../../learning/index.js";
import { badModel } from "../errors.js";

/** "Changing this does not change the prediction." */
export interface InvariantOptions {
  /** The feature that every row takes from another row. */
  readonly column: string;
  /** A prediction may change by so much. Default 0. */
  readonly within?: number;
  /** The share of rows that may break the rule, default 0. */
  readonly share?: number;
}

/** "Raising this does not lower (or raise) the prediction." */
export interface DirectionOptions {
  /** A number. */
  readonly column: string;
  /** By how many standard deviations it is raised, default 1. */
  readonly deviations?: number;
  /** A prediction may go the wrong way by so much. Default 0. */
  readonly within?: number;
  /** The share of rows that may break the rule, default 0. */
  readonly share?: number;
}

/** What a model must bear and how it must behave, by the names of its features. */
export interface RobustnessOptions {
  /** Features that are missing for all rows, one at a time. */
  readonly missing?: readonly string[];
  /** Numbers and the standard deviations by which they are shifted. */
  readonly shifted?: Readonly<Record<string, number>>;
  /** Numbers that leave their range: every value is the greatest plus the whole range. */
  readonly outOfRange?: readonly string[];
  /** Numbers and the noise added to them, normal, in standard deviations. */
  readonly noise?: Readonly<Record<string, number>>;
  /** Texts that become one that training has not seen. */
  readonly unknown?: readonly string[];
  readonly invariant?: readonly InvariantOptions[];
  /** Raising the feature does not lower the prediction. */
  readonly increasing?: readonly DirectionOptions[];
  /** Raising the feature does not raise the prediction. */
  readonly decreasing?: readonly DirectionOptions[];
}

/** A change of one column. */
export type Perturbation =
  | { readonly kind: "missing" | "outOfRange" | "unknown" | "shuffled"; readonly column: string }
  | { readonly kind: "shifted" | "noise"; readonly column: string; readonly deviations: number };

/** A rule that predictions must obey under a change. */
export interface BehaviourTest {
  readonly name: string;
  readonly kind: "invariant" | "increasing" | "decreasing";
  readonly perturbation: Perturbation;
  readonly within: number;
  readonly share: number;
}

/** Robustness options, checked against a model's features. */
export interface Robustness {
  readonly perturbations: readonly Perturbation[];
  readonly tests: readonly BehaviourTest[];
  /** As plain data. */
  readonly definition: Canonical;
}

export interface ModelFeatures {
  /** The model's name. */
  readonly model: string;
  readonly task: TargetKind;
  readonly columns: readonly { readonly name: string; readonly kind: "number" | "text" }[];
}

const perturbationKeys = ["missing", "shifted", "outOfRange", "noise", "unknown"];
const testKeys = ["invariant", "increasing", "decreasing"];

/** Checks options once. Throws MW0501 naming the nearest feature, MW0103 and MW0104 for bad keys and numbers. */
export function compileRobustness(options: RobustnessOptions, features: ModelFeatures): Robustness {
  rejectUnknownKeys(options, [...perturbationKeys, ...testKeys], "robustness");
  const perturbations = perturbationsOf(options);
  const tests = testsOf(options);
  for (const perturbation of perturbations) checkColumn(perturbation, features);
  for (const test of tests) {
    checkColumn(test.perturbation, features);
    if (test.kind !== "invariant" && features.task === "multiclass") {
      throw badModel(features.model, {
        expected: `one score a row for "${test.name}"`,
        found: "one per class",
        remedy: "Test directions on a binary or a regression model.",
      });
    }
  }
  // Plain data; its optional keys are absent, not undefined.
  const definition = JSON.parse(JSON.stringify({ perturbations, tests })) as Canonical;
  return Object.freeze({ perturbations, tests, definition });
}

function perturbationsOf(options: RobustnessOptions): Perturbation[] {
  const { missing = [], shifted = {}, outOfRange = [], noise = {}, unknown = [] } = options;
  const plain = (kind: "missing" | "outOfRange" | "unknown", columns: readonly string[]) =>
    columns.map((column) => ({ kind, column }));
  const scaled = (kind: "shifted" | "noise", sizes: Readonly<Record<string, number>>, least: number) =>
    Object.entries(sizes).map(([column, size]) => ({
      kind,
      column,
      deviations: checkNumber(size, `robustness.${kind}.${column}`, { min: least, max: 1000 }),
    }));
  return [
    ...plain("missing", missing),
    ...scaled("shifted", shifted, -1000),
    ...plain("outOfRange", outOfRange),
    ...scaled("noise", noise, 0),
    ...plain("unknown", unknown),
  ];
}

function tolerancesOf(kind: string, { within = 0, share = 0 }: Pick<InvariantOptions, "within" | "share">) {
  return {
    within: checkNumber(within, `robustness.${kind}.within`, { min: 0, max: 1e9 }),
    share: checkNumber(share, `robustness.${kind}.share`, { min: 0, max: 1 }),
  };
}

function testsOf({ invariant = [], increasing = [], decreasing = [] }: RobustnessOptions): BehaviourTest[] {
  const directions = (kind: "increasing" | "decreasing", given: readonly DirectionOptions[]) =>
    given.map((options): BehaviourTest => {
      rejectUnknownKeys(options, ["column", "deviations", "within", "share"], `robustness.${kind}`);
      const { column } = options;
      const range = { min: 1e-6, max: 1000 };
      const deviations = checkNumber(options.deviations ?? 1, `robustness.${kind}.deviations`, range);
      const effect = kind === "increasing" ? "lower" : "raise";
      return {
        name: `raising ${column} does not ${effect} the prediction`,
        kind,
        perturbation: { kind: "shifted", column, deviations },
        ...tolerancesOf(kind, options),
      };
    });
  return [
    ...invariant.map((options): BehaviourTest => {
      rejectUnknownKeys(options, ["column", "within", "share"], "robustness.invariant");
      const { column } = options;
      return {
        name: `changing ${column} does not change the prediction`,
        kind: "invariant",
        perturbation: { kind: "shuffled", column },
        ...tolerancesOf("invariant", options),
      };
    }),
    ...directions("increasing", increasing),
    ...directions("decreasing", decreasing),
  ];
}

const kindNeeded: Readonly<Record<Perturbation["kind"], "number" | "text" | undefined>> = {
  missing: undefined,
  shuffled: undefined,
  shifted: "number",
  noise: "number",
  outOfRange: "number",
  unknown: "text",
};

function checkColumn({ kind, column }: Perturbation, { model, columns }: ModelFeatures): void {
  const needed = kindNeeded[kind];
  const found = columns.find(({ name }) => name === column);
  if (found !== undefined && (needed === undefined || found.kind === needed)) return;
  const fitting = columns.filter((candidate) => needed === undefined || candidate.kind === needed);
  throw badModel(model, {
    expected: `${needed === undefined ? "a feature" : `a ${needed} feature`} in robustness (${kind})`,
    found: found === undefined ? JSON.stringify(column) : `the ${found.kind} feature "${column}"`,
    remedy: didYouMean(
      column,
      fitting.map(({ name }) => name),
    ),
  });
}
