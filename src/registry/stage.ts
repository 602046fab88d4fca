import type { MillwrightError } from "../kernel/index.js";
import { registryErrors } from "./errors.js";

/**
 * Where a version stands. Aliases point only at versions that evidence brought there; rejected and retired
 * versions hold none, and never will again.
 */
export type VersionState =
  | { readonly kind: "registered" }
  /** Its evidence once sufficed for an alias that it does not hold: it waits for approval, or was superseded. */
  | { readonly kind: "candidate" }
  | { readonly kind: "aliased"; readonly aliases: readonly string[] }
  | {
      readonly kind: "rejected";
      readonly rejectedAtMs: number;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: "retired"; readonly retiredAtMs: number; readonly reason: string };

/** The names of the stages, in the order of a version's life. */
export type Stage = "registered" | "candidate" | "staging" | "production" | "rejected" | "archived";

/** The stage of a state: production is the champion, staging any other alias. */
export function stageOf(state: VersionState): Stage {
  switch (state.kind) {
    case "aliased":
      return state.aliases.includes("champion") ? "production" : "staging";
    case "retired":
      return "archived";
    default:
      return state.kind;
  }
}

/** What can happen to a version. `promotion` carries what `decidePromotion` made of the evidence. */
export type Move =
  | {
      readonly kind: "promotion";
      readonly alias: string;
      readonly verdict: "promote" | "wait" | "refuse";
    }
  /** Another version took the alias. */
  | { readonly kind: "supersede"; readonly alias: string }
  | { readonly kind: "reject"; readonly by: string; readonly reason: string; readonly atMs: number }
  | { readonly kind: "retire"; readonly reason: string; readonly atMs: number };

export type Transition =
  | { readonly ok: true; readonly state: VersionState }
  /** Which fact stands in the way. */
  | { readonly ok: false; readonly because: "aliased" | "rejected" | "retired" };

/** The state after a move. A move that changes nothing is allowed; what must not happen says why. */
export function transition(state: VersionState, move: Move): Transition {
  switch (move.kind) {
    case "promotion":
      return move.verdict === "refuse" ? { ok: true, state } : promoted(state, move);
    case "supersede":
      return { ok: true, state: withoutAlias(state, move.alias) };
    case "reject":
      return rejected(state, move);
    case "retire":
      if (state.kind === "aliased") return { ok: false, because: "aliased" };
      if (state.kind === "retired") return { ok: true, state };
      return { ok: true, state: { kind: "retired", retiredAtMs: move.atMs, reason: move.reason } };
  }
}

function promoted(state: VersionState, { alias, verdict }: Move & { kind: "promotion" }): Transition {
  if (state.kind === "rejected" || state.kind === "retired") return { ok: false, because: state.kind };
  const held = state.kind === "aliased" ? state.aliases : [];
  if (verdict === "wait") return { ok: true, state: held.length > 0 ? state : { kind: "candidate" } };
  return { ok: true, state: { kind: "aliased", aliases: [...new Set([...held, alias])].sort() } };
}

function withoutAlias(state: VersionState, alias: string): VersionState {
  if (state.kind !== "aliased") return state;
  const aliases = state.aliases.filter((held) => held !== alias);
  return aliases.length === 0 ? { kind: "candidate" } : { kind: "aliased", aliases };
}

/** Whoever rejects takes the version out of staging too; a champion must be replaced first. */
function rejected(state: VersionState, { by, reason, atMs }: Move & { kind: "reject" }): Transition {
  if (state.kind === "retired") return { ok: false, because: "retired" };
  if (state.kind === "rejected") return { ok: true, state };
  if (stageOf(state) === "production") return { ok: false, because: "aliased" };
  return { ok: true, state: { kind: "rejected", rejectedAtMs: atMs, by, reason } };
}

/** Facts of a version, as stores keep them. */
export interface StateFacts {
  readonly aliases: readonly string[];
  /** Whether a decision on it ever was to promote or to wait. */
  readonly candidate: boolean;
  readonly rejection: Omit<VersionState & { kind: "rejected" }, "kind"> | null;
  readonly retirement: Omit<VersionState & { kind: "retired" }, "kind"> | null;
}

/** The state that the kept facts amount to. */
export function versionState({ aliases, candidate, rejection, retirement }: StateFacts): VersionState {
  if (retirement !== null) return { kind: "retired", ...retirement };
  if (rejection !== null) return { kind: "rejected", ...rejection };
  if (aliases.length > 0) return { kind: "aliased", aliases: [...aliases].sort() };
  return { kind: candidate ? "candidate" : "registered" };
}

/** The state after a person's move. Throws MW0610 while an alias is in the way, MW0617 for a stage that ended. */
export function movedBy(
  {
    model,
    version,
    state,
  }: { readonly model: string; readonly version: number; readonly state: VersionState },
  move: Move & { kind: "reject" | "retire" },
): VersionState {
  const result = transition(state, move);
  if (result.ok) return result.state;
  throw state.kind === "aliased"
    ? inUse(model, version, state.aliases)
    : notAllowed(`version ${version} of "${model}"`, stageOf(state));
}

function inUse(model: string, version: number, aliases: readonly string[]): MillwrightError {
  return registryErrors.error("MW0610", {
    expected: "a version that no alias points at",
    found: `version ${version} of "${model}" is ${aliases.join(", ")}`,
    remedy: "Promote another version to the alias first.",
    details: { model, version, aliases },
  });
}

function notAllowed(what: string, stage: Stage): MillwrightError {
  return registryErrors.error("MW0617", {
    expected: `${what} in a stage that can be left`,
    found: stage,
    remedy: "Train or import another version; this one stays where it is.",
    details: { stage },
  });
}
