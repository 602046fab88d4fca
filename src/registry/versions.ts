import { didYouMean, type MillwrightError } from "../kernel/index.js";
import { registryErrors } from "./errors.js";

/** Where a version stands. It is retired only while no alias points at it, and for good. */
export type VersionState =
  | { readonly kind: "registered" }
  | { readonly kind: "aliased"; readonly aliases: readonly string[] }
  | { readonly kind: "retired"; readonly retiredAtMs: number; readonly reason: string };

/** An immutable package under a number: 1, 2, 3 … for each model, without gaps. */
export interface ModelVersion {
  readonly model: string;
  readonly version: number;
  readonly packageId: string;
  /** The run that made the package; null when it was imported. */
  readonly runId: string | null;
  readonly registeredAtMs: number;
  readonly state: VersionState;
}

/** What a store keeps about one version besides its number. */
export interface Retirement {
  readonly retiredAtMs: number;
  readonly reason: string;
}

/** The state of a version from the two facts that stores keep: its aliases and its retirement. */
export function versionState(aliases: readonly string[], retirement: Retirement | null): VersionState {
  if (retirement !== null) return { kind: "retired", ...retirement };
  return aliases.length === 0 ? { kind: "registered" } : { kind: "aliased", aliases: [...aliases].sort() };
}

/**
 * The version that a reference names: a number such as "3", or an alias such as "champion".
 * `versions` are all versions of the model. Throws MW0602 or MW0603.
 */
export function resolveVersion(model: string, ref: string, versions: readonly ModelVersion[]): ModelVersion {
  const isNumber = /^\d+$/.test(ref);
  const found = versions.find(({ version, state }) =>
    isNumber ? version === Number(ref) : state.kind === "aliased" && state.aliases.includes(ref),
  );
  if (found !== undefined) return found;
  if (isNumber) {
    const numbers = versions.map(({ version }) => version).sort((a, b) => a - b);
    throw unknownVersion(model, Number(ref), numbers);
  }
  const aliases = versions.flatMap(({ state }) => (state.kind === "aliased" ? state.aliases : []));
  throw registryErrors.error("MW0603", {
    expected: `a version number or an alias of "${model}"`,
    found: JSON.stringify(ref),
    remedy: didYouMean(ref, aliases),
    details: { model, alias: ref },
  });
}

/** Throws MW0610 when an alias points at the version. */
export function checkRetirable({ model, version, state }: ModelVersion): void {
  if (state.kind !== "aliased") return;
  throw registryErrors.error("MW0610", {
    expected: "a version that no alias points at",
    found: `version ${version} of "${model}" is ${state.aliases.join(", ")}`,
    remedy: "Promote another version to the alias, then retire this one.",
    details: { model, version, aliases: state.aliases },
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
function unknownVersion(model: string, version: number, versions: readonly number[]): MillwrightError {
  return registryErrors.error("MW0602", {
    expected: `a version of "${model}"`,
    found: String(version),
    remedy: `Versions: ${versions.join(", ")}.`,
    details: { model, version },
  });
}
