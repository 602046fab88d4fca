import { describe, expect, it } from "vitest";
import { compileApprovals, compileCard, type ApprovalsOptions, type CardOptions } from "./governance.js";

describe("approvals", () => {
  it("are nothing by default", () => {
    expect(compileApprovals()).toEqual({});
  });

  it("keep each name once", () => {
    const names = ["ann", " bob ", "ann"];
    expect(compileApprovals({ champion: { by: 2, names }, challenger: { by: 1 } })).toEqual({
      champion: { by: 2, names: ["ann", "bob"] },
      challenger: { by: 1 },
    });
  });

  it.each<[string, object, string]>([
    ["another alias", { champoin: { by: 1 } }, "MW0103"],
    ["another option", { champion: { by: 1, role: "x" } }, "MW0103"],
    ["nobody", { champion: { by: 0 } }, "MW0104"],
    ["half a person", { champion: { by: 1.5 } }, "MW0104"],
    ["more people than there are", { champion: { by: 2, names: ["ann", "ann"] } }, "MW0501"],
    ["an empty name", { champion: { by: 1, names: [""] } }, "MW0501"],
  ])("refuse %s", (_, options, code) => {
    expect(() => compileApprovals(options as ApprovalsOptions)).toThrow(expect.objectContaining({ code }));
  });
});

describe("card", () => {
  it("takes one line or several, and leaves empty what was not said", () => {
    expect(compileCard({ use: "Plan shifts.", owners: ["ann", "bob "], licence: "MIT" })).toEqual({
      ...{ use: ["Plan shifts."], limits: [], owners: ["ann", "bob"], licence: ["MIT"], ethics: [] },
    });
  });

  it.each<[string, object, string]>([
    ["an unknown part", { license: "MIT" }, "MW0103"],
    ["an empty text", { use: " " }, "MW0501"],
    ["a number", { limits: [3] }, "MW0501"],
  ])("refuses %s", (_, options, code) => {
    expect(() => compileCard(options as CardOptions)).toThrow(expect.objectContaining({ code }));
  });
});
