import { expect, test } from "vitest";
import { compileModelServing } from "./model-serving.js";

const defaults = { model: "churn", rejectNaN: false };

test("a model is served by its defaults where nothing is said of it", () => {
  expect(compileModelServing({}, defaults)).toMatchObject({
    ...{ placement: undefined, limitMs: 30_000, provider: "cpu", stream: undefined },
    resilience: { rejectNaN: false, fallback: [] },
  });
});

test("a placement that is none is refused, with the nearest one", () => {
  const misspelt = "in-line" as "inline";
  expect(() => compileModelServing({ placement: misspelt }, defaults)).toThrow(
    expect.objectContaining({ code: "MW0723", found: '"in-line"' }) as Error,
  );
});

test("an unknown option is refused", () => {
  const options = { placment: "inline" };
  expect(() => compileModelServing(options as object, defaults)).toThrow(
    expect.objectContaining({ code: "MW0103" }) as Error,
  );
});
