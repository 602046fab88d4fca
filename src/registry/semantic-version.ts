import { canonicalJson, type Canonical, type FieldKind } from "../kernel/index.js";

/** What a request field admits. Bounds are inclusive. A nullable field may be left out. */
export type RequestField = {
  readonly kind: FieldKind;
  readonly nullable: boolean;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** The admitted texts; any when absent. */
  readonly values?: readonly string[] | undefined;
  /** Type and shape, where the field is a tensor. */
  readonly tensor?: string | undefined;
};

/** What a version promises to whoever asks it, and what it makes of a request. Plain JSON. */
export type ModelContract = {
  /** The fields of a request, by name. */
  readonly request: Readonly<Record<string, RequestField>>;
  /** The task, its label and classes, and what an answer holds. */
  readonly response: Canonical;
  /** How each feature is computed, by name. */
  readonly features: Readonly<Record<string, Canonical>>;
};

/** One difference of two contracts, and what it asks of the version number. */
export interface ContractChange {
  readonly level: "major" | "minor";
  /** One line for people. */
  readonly what: string;
}

/** A version number with the contract that it stands for; null when nobody recorded the contract. */
export interface NumberedContract {
  readonly semver: string;
  readonly contract: ModelContract | null;
}

/** `MAJOR.MINOR.PATCH` of https://semver.org, without pre-release and build. */
export const semverPattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/**
 * The number of a version from that of the version before it. Major: a request that was valid may be
 * refused now, or the answer means something else. Minor: features changed, or requests may say more.
 * Patch: only data or parameters changed. The first is 1.0.0. A contract that is not known counts as changed
 * incompatibly.
 */
export function semanticVersion(previous: NumberedContract | null, next: ModelContract | null): string {
  if (previous === null) return "1.0.0";
  const [major, minor, patch] = previous.semver.split(".").map(Number);
  const level =
    previous.contract === null || next === null ? "major" : levelOf(contractChanges(previous.contract, next));
  if (level === "major") return `${major + 1}.0.0`;
  return level === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

function levelOf(changes: readonly ContractChange[]): "major" | "minor" | "patch" {
  if (changes.length === 0) return "patch";
  return changes.some(({ level }) => level === "major") ? "major" : "minor";
}

/** Everything in which two contracts differ, the request first. */
export function contractChanges(previous: ModelContract, next: ModelContract): ContractChange[] {
  const response: ContractChange[] =
    canonicalJson(previous.response) === canonicalJson(next.response)
      ? []
      : [{ level: "major", what: "the answer means something else" }];
  const features = memberChanges(previous.features, next.features).map(
    ({ name, change }): ContractChange => ({ level: "minor", what: `feature ${name} ${change}` }),
  );
  return [...requestChanges(previous.request, next.request), ...response, ...features];
}

export interface MemberChange {
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
}

/** What was added to, removed from or changed in a record of plain data, in the order of names. */
export function memberChanges(
  previous: Readonly<Record<string, Canonical>>,
  next: Readonly<Record<string, Canonical>>,
): MemberChange[] {
  const names = [...new Set([...Object.keys(previous), ...Object.keys(next)])].sort();
  return names.flatMap((name): MemberChange[] => {
    if (!Object.hasOwn(previous, name)) return [{ name, change: "added" }];
    if (!Object.hasOwn(next, name)) return [{ name, change: "removed" }];
    const same = canonicalJson(previous[name]) === canonicalJson(next[name]);
    return same ? [] : [{ name, change: "changed" }];
  });
}

function requestChanges(
  previous: ModelContract["request"],
  next: ModelContract["request"],
): ContractChange[] {
  return memberChanges(previous, next).map(({ name, change }) => {
    const what = `request field ${name} ${change}`;
    // A field that is not known any more is refused, so its removal breaks whoever sends it.
    if (change === "removed") return { level: "major", what };
    if (change === "added") {
      return next[name].nullable
        ? { level: "minor", what: `${what}, optional` }
        : { level: "major", what: `${what}, required` };
    }
    const wider = admitsAll(next[name], previous[name]);
    return wider ? { level: "minor", what: `request field ${name} admits more` } : { level: "major", what };
  });
}

/** Whether one field admits every value that another admits. */
function admitsAll(wide: RequestField, narrow: RequestField): boolean {
  const kinds = wide.kind === narrow.kind || (wide.kind === "float" && narrow.kind === "int");
  const values =
    wide.values === undefined || (narrow.values?.every((value) => wide.values?.includes(value)) ?? false);
  return (
    kinds &&
    values &&
    wide.tensor === narrow.tensor &&
    (wide.nullable || !narrow.nullable) &&
    (wide.min === undefined || (narrow.min !== undefined && narrow.min >= wide.min)) &&
    (wide.max === undefined || (narrow.max !== undefined && narrow.max <= wide.max))
  );
}
