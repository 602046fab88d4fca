import { didYouMean, type MillwrightError } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import { semverPattern } from "./semantic-version.js";
import type { VersionState } from "./stage.js";

/** An immutable package under a number: 1, 2, 3 … for each model, without gaps. */
export interface ModelVersion {
  readonly model: string;
  readonly version: number;
  /** How it differs from the version before it, as a number: see `semanticVersion`. */
  readonly semver: string;
  readonly packageId: string;
  /** The run that made the package; null when it was imported. */
  readonly runId: string | null;
  readonly registeredAtMs: number;
  readonly state: VersionState;
}

/** A model, and perhaps one of its versions. */
export interface VersionReference {
  readonly model: string;
  /** A number, a semantic version or an alias. */
  readonly ref?: string;
}

/** Reads `churn`, `churn@3`, `churn@1.2.0` or `churn@champion`. Throws MW0618. */
export function parseReference(text: string): VersionReference {
  const [model, ref, ...rest] = text.split("@");
  if (model !== "" && ref !== "" && rest.length === 0) return ref === undefined ? { model } : { model, ref };
  throw registryErrors.error("MW0618", {
    expected: "a model, or a model and a version such as churn@3, churn@1.2.0 or churn@champion",
    found: JSON.stringify(text),
    remedy: "Write one @ between the two.",
    details: { reference: text },
  });
}

/**
 * The version that a reference names: a number such as "3", a semantic version such as "1.2.0", or an alias
 * such as "champion". `versions` are all versions of the model. Throws MW0602 or MW0603.
 */
export function resolveVersion(model: string, ref: string, versions: readonly ModelVersion[]): ModelVersion {
  const isNumber = /^\d+$/.test(ref);
  const isSemver = semverPattern.test(ref);
  const found = versions.find(({ version, semver, state }) => {
    if (isNumber) return version === Number(ref);
    if (isSemver) return semver === ref;
    return state.kind === "aliased" && state.aliases.includes(ref);
  });
  if (found !== undefined) return found;
  const oldestFirst = [...versions].sort((a, b) => a.version - b.version);
  if (isNumber)
    throw unknownVersion(
      model,
      ref,
      oldestFirst.map(({ version }) => String(version)),
    );
  if (isSemver)
    throw unknownVersion(
      model,
      ref,
      oldestFirst.map(({ semver }) => semver),
    );
  const aliases = versions.flatMap(({ state }) => (state.kind === "aliased" ? state.aliases : []));
  throw registryErrors.error("MW0603", {
    expected: `a version number or an alias of "${model}"`,
    found: JSON.stringify(ref),
    remedy: didYouMean(ref, aliases),
    details: { model, alias: ref },
  });
}

/** MW0601 with the nearest of the registered models. */
export function unknownModel(model: string, models: readonly string[]): MillwrightError {
  return registryErrors.error("MW0601", {
    expected: "the name of a registered model",
    found: JSON.stringify(model),
    remedy: didYouMean(model, models),
    details: { model },
  });
}

/** MW0602 with the versions that exist. */
function unknownVersion(model: string, version: string, versions: readonly string[]): MillwrightError {
  return registryErrors.error("MW0602", {
    expected: `a version of "${model}"`,
    found: version,
    remedy: `Versions: ${versions.join(", ")}.`,
    details: { model, version },
  });
}
