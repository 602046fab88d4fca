import { expect, test } from "vitest";
import { requireShareable } from "./require-shareable.js";

const project = (groups: number, shared: boolean) => ({
  models: [{ name: "late", features: { groups: Array.from<unknown>({ length: groups }) } }],
  ...(shared ? { openTiles: () => undefined } : {}),
});

test("windows in memory cannot be shared by workers", () => {
  expect(() => requireShareable(project(1, false))).toThrow(
    expect.objectContaining({ code: "MW0827", details: { model: "late" } }) as Error,
  );
});

test("windows in a store, and models without windows, can", () => {
  expect(() => requireShareable(project(1, true))).not.toThrow();
  expect(() => requireShareable(project(0, false))).not.toThrow();
});
