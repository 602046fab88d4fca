import { describe, expect, it, test } from "vitest";
import { compileScopes, tokenScopes, verbs, type Permission, type Verb } from "./scopes.js";

type Row = readonly [scopes: string, verb: Verb, model: string | undefined, permission: Permission];

const rows: readonly Row[] = [
  ["predict:arrival-delay", "predict", "arrival-delay", "yes"],
  ["predict:arrival-delay", "predict", "departure", "other"],
  ["predict:arrival-delay", "predict", undefined, "other"],
  ["predict:arrival-delay", "feedback", "arrival-delay", "no"],
  ["predict:arrival-delay predict:departure", "predict", "departure", "yes"],
  ["predict:*", "predict", "any", "yes"],
  ["predict", "predict", "any", "yes"],
  ["read", "read", undefined, "yes"],
  ["read", "manage", undefined, "no"],
  ["*", "manage", undefined, "yes"],
  ["*", "ingest", "flights", "yes"],
  ["", "read", "any", "no"],
  // A model may not be called as what stands for all of them.
  ["predict:a", "predict", "*", "other"],
];

test.each(rows)("%s: may it %s %s? %s", (scopes, verb, model, permission) => {
  const list = scopes.split(" ").filter((word) => word !== "");
  expect(compileScopes(list, "the key").allows(verb, model)).toBe(permission);
  expect(tokenScopes(scopes).allows(verb, model)).toBe(permission);
});

describe("scopes that people write", () => {
  test.each(["", "predikt", "predict:", "predict:a b", "*:a", "*:*", "predict:a:b", "PREDICT", 5, null])(
    "%j is none",
    (scope) => {
      expect(() => compileScopes([scope], "the key")).toThrow(expect.objectContaining({ code: "MW1615" }));
    },
  );

  it("are told the nearest verb", () => {
    expect(() => compileScopes(["predikt:a"], "the key")).toThrow('Did you mean "predict"?');
    expect(() => compileScopes("predict", "the key")).toThrow("a list of scopes");
  });
});

describe("scopes of a token", () => {
  it("those of other services are left out", () => {
    const scopes = tokenScopes("openid profile predict:a https://x/y constructor __proto__");
    expect(scopes.list).toEqual(["predict:a"]);
    expect(verbs.map((verb) => scopes.allows(verb, "a"))).toEqual(["yes", "no", "no", "no", "no"]);
  });

  test.each([undefined, null, 5, ["predict"], { predict: true }])("%j gives nothing", (claim) => {
    expect(tokenScopes(claim).list).toEqual([]);
  });
});
