import { checkNumber, rejectUnknownKeys } from "../kernel/index.js";
import { trainingErrors } from "./errors.js";

/** Who must agree before an alias moves. */
export interface ApprovalOptions {
  /** So many different people, 1 to 20. */
  readonly by: number;
  /** Only these people count; anybody does by default. At least as many as `by`. */
  readonly names?: readonly string[] | undefined;
}

/** By alias: `champion`, `challenger`. An alias that is left out moves on evidence alone. */
export type ApprovalsOptions = Readonly<Partial<Record<"champion" | "challenger", ApprovalOptions>>>;

/** What only people can say about a model, for its card. Every part may be left out. */
export interface CardOptions {
  /** What the model is meant for, and what it is not meant for. */
  readonly use?: string | readonly string[];
  /** Where it must not be trusted. */
  readonly limits?: string | readonly string[];
  readonly owners?: string | readonly string[];
  /** Of the model and its data, e.g. `Apache-2.0`. */
  readonly licence?: string;
  /** Whom it may harm, and what is done about it. */
  readonly ethics?: string | readonly string[];
}

/** The card's options as lists of lines. Plain JSON. */
export interface DeclaredCard {
  readonly use: readonly string[];
  readonly limits: readonly string[];
  readonly owners: readonly string[];
  readonly licence: readonly string[];
  readonly ethics: readonly string[];
}

/** Checks the `approvals` of a model's options. Throws MW0103, MW0104 and MW0501. */
export function compileApprovals(options: ApprovalsOptions = {}): ApprovalsOptions {
  rejectUnknownKeys(options, ["champion", "challenger"], "approvals");
  return Object.freeze(
    Object.fromEntries(
      Object.entries(options).map(([alias, rule]) => [alias, compileRule(`approvals.${alias}`, rule)]),
    ),
  );
}

function compileRule(where: string, rule: ApprovalOptions): ApprovalOptions {
  rejectUnknownKeys(rule, ["by", "names"], where);
  const by = checkNumber(rule.by, `${where}.by`, { min: 1, max: 20, whole: true });
  if (rule.names === undefined) return Object.freeze({ by });
  const names = [...new Set(linesOf(`${where}.names`, rule.names))];
  if (names.length < by) {
    throw trainingErrors.error("MW0501", {
      expected: `${where}.names to name at least ${by} different people`,
      found: String(names.length),
      remedy: "Name more people, or ask fewer of them.",
    });
  }
  return Object.freeze({ by, names: Object.freeze(names) });
}

/** Checks the `card` of a model's options. Throws MW0103 and MW0501. */
export function compileCard(options: CardOptions = {}): DeclaredCard {
  const keys = ["use", "limits", "owners", "licence", "ethics"] as const;
  rejectUnknownKeys(options, keys, "card");
  const [use, limits, owners, licence, ethics] = keys.map((key) =>
    linesOf(`card.${key}`, options[key] ?? []),
  );
  return Object.freeze({ use, limits, owners, licence, ethics });
}

/** One line or several, none of them empty. */
function linesOf(where: string, given: string | readonly string[]): readonly string[] {
  const lines: readonly unknown[] = typeof given === "string" ? [given] : given;
  if (
    Array.isArray(lines) &&
    lines.every((line): line is string => typeof line === "string" && line.trim() !== "")
  ) {
    return Object.freeze(lines.map((line) => line.trim()));
  }
  throw trainingErrors.error("MW0501", {
    expected: `${where} to be a text or a list of texts, none of them empty`,
    found: JSON.stringify(given),
    remedy: "Leave it out, or say something.",
  });
}
