import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { movedBy, stageOf, transition, versionState, type Move, type VersionState } from "./stage.js";

const registered: VersionState = { kind: "registered" };
const candidate: VersionState = { kind: "candidate" };
const aliased = (...aliases: string[]): VersionState => ({ kind: "aliased", aliases });
const rejected: VersionState = { kind: "rejected", rejectedAtMs: 5, by: "ann", reason: "no" };
const retired: VersionState = { kind: "retired", retiredAtMs: 5, reason: "no" };

const give = (alias: string, verdict: "promote" | "wait" | "refuse" = "promote"): Move => ({
  kind: "promotion",
  alias,
  verdict,
});
const reject = { kind: "reject", by: "ann", reason: "no", atMs: 5 } as const;
const retire = { kind: "retire", reason: "no", atMs: 5 } as const;
const lose = (alias: string): Move => ({ kind: "supersede", alias });

describe("the stages of a version", () => {
  it.each<[VersionState, string]>([
    [registered, "registered"],
    [candidate, "candidate"],
    [aliased("challenger"), "staging"],
    [aliased("challenger", "champion"), "production"],
    [rejected, "rejected"],
    [retired, "archived"],
  ])("%j is %s", (state, stage) => {
    expect(stageOf(state)).toBe(stage);
  });

  // The whole table, written by hand: from, move, to (or what is in the way).
  it.each<[VersionState, Move, VersionState | string]>([
    [registered, give("champion", "wait"), candidate],
    [registered, give("champion"), aliased("champion")],
    [registered, give("champion", "refuse"), registered],
    [candidate, give("champion", "wait"), candidate],
    [candidate, give("challenger"), aliased("challenger")],
    [aliased("challenger"), give("champion"), aliased("challenger", "champion")],
    [aliased("challenger"), give("champion", "wait"), aliased("challenger")],
    [aliased("champion"), give("champion"), aliased("champion")],
    [aliased("challenger", "champion"), lose("champion"), aliased("challenger")],
    [aliased("champion"), lose("champion"), candidate],
    [aliased("champion"), lose("challenger"), aliased("champion")],
    [candidate, lose("champion"), candidate],
    [registered, reject, rejected],
    [candidate, reject, rejected],
    [aliased("challenger"), reject, rejected],
    [aliased("champion"), reject, "aliased"],
    [registered, retire, retired],
    [candidate, retire, retired],
    [aliased("challenger"), retire, "aliased"],
    [rejected, retire, retired],
    [rejected, reject, rejected],
    [rejected, give("champion"), "rejected"],
    [rejected, give("champion", "wait"), "rejected"],
    [rejected, give("champion", "refuse"), rejected],
    [retired, retire, retired],
    [retired, reject, "retired"],
    [retired, give("champion"), "retired"],
    [retired, give("champion", "refuse"), retired],
  ])("%j, %j: %j", (from, move, to) => {
    const result = transition(from, move);
    expect(result).toEqual(typeof to === "string" ? { ok: false, because: to } : { ok: true, state: to });
  });

  it("never gives an ended version an alias, and never an empty list of aliases", () => {
    const moves = fc.constantFrom<Move>(
      ...[give("champion"), give("challenger"), give("champion", "wait"), give("champion", "refuse")],
      ...[lose("champion"), lose("challenger"), reject, retire],
    );
    fc.assert(
      fc.property(fc.array(moves), (line) => {
        let state: VersionState = registered;
        for (const move of line) {
          const result = transition(state, move);
          if (!result.ok) continue;
          const ended = state.kind === "retired" || (state.kind === "rejected" && move.kind !== "retire");
          if (ended) expect(result.state).toEqual(state);
          state = result.state;
          expect(state.kind === "aliased" ? state.aliases.length : 1).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("is told from what stores keep", () => {
    const facts = { aliases: [], candidate: false, rejection: null, retirement: null };
    expect(versionState(facts)).toEqual(registered);
    expect(versionState({ ...facts, candidate: true })).toEqual(candidate);
    expect(versionState({ ...facts, candidate: true, aliases: ["b", "a"] })).toEqual(aliased("a", "b"));
    const { kind: _, ...rejection } = rejected;
    const { kind: __, ...retirement } = retired;
    expect(versionState({ ...facts, rejection })).toEqual(rejected);
    expect(versionState({ ...facts, rejection, retirement })).toEqual(retired);
  });

  it("says which alias, or which stage, is in a person's way", () => {
    const version = (state: VersionState) => ({ model: "delay", version: 3, state });
    expect(() => movedBy(version(aliased("champion")), reject)).toThrow(
      expect.objectContaining({ code: "MW0610", found: 'version 3 of "delay" is champion' }),
    );
    expect(() => movedBy(version(retired), reject)).toThrow(
      expect.objectContaining({ code: "MW0617", found: "archived" }),
    );
    expect(movedBy(version(candidate), reject)).toEqual(rejected);
  });
});
