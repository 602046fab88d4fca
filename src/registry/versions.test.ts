import { describe, expect, it } from "vitest";
import { parseReference } from "./versions.js";

describe("a reference", () => {
  it.each([
    ["churn", { model: "churn" }],
    ["churn@3", { model: "churn", ref: "3" }],
    ["churn@1.2.0", { model: "churn", ref: "1.2.0" }],
    ["churn@champion", { model: "churn", ref: "champion" }],
  ])("%s", (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  it.each(["", "@", "churn@", "@3", "churn@3@4"])("%j is MW0618", (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "MW0618" }));
  });
});
