import { describe, expect, test } from "vitest";
import { errorTable, isMillwrightError, MillwrightError } from "./errors.js";
import { kernelErrors } from "./kernel-errors.js";

const table = errorTable({ MW9901: { title: "odd fruit", exit: 2, http: 400, about: "About it." } });
const facts = { expected: "an apple", found: "a pear", remedy: "Take an apple." };

describe("an error", () => {
  test("says what was expected, what was found and what to do", () => {
    const error = table.error("MW9901", facts);
    expect(error.message).toBe("MW9901 odd fruit: expected an apple; found a pear. Take an apple.");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "MillwrightError", code: "MW9901", details: {}, ...facts });
    expect(error.row).toMatchObject({ exit: 2, http: 400 });
  });

  test.each([
    ["a pear", "a pear."],
    ["the column km.", "the column km."],
    ['no field "peer". Did you mean "pear"?', 'no field "peer". Did you mean "pear"?'],
    ["a pear that never...", "a pear that never..."],
    ['"pear."', '"pear.".'],
  ])("ends what was found once: %s", (found, ended) => {
    const { message } = table.error("MW9901", { ...facts, found });
    expect(message).toBe(`MW9901 odd fruit: expected an apple; found ${ended} Take an apple.`);
  });

  test("keeps its cause, and has none when none was given", () => {
    const cause = new Error("rotten");
    expect(table.error("MW9901", { ...facts, cause }).cause).toBe(cause);
    expect("cause" in table.error("MW9901", facts)).toBe(false);
  });

  test("crosses a boundary as plain JSON, without cause and stack", () => {
    const error = table.error("MW9901", { ...facts, cause: 1, details: { field: "fruit" } });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "MW9901",
      title: "odd fruit",
      ...facts,
      details: { field: "fruit" },
    });
    expect(table.error("MW9901", facts).toJSON()).not.toHaveProperty("details");
  });

  test("is told from others by class and code", () => {
    const error = table.error("MW9901", facts);
    expect(isMillwrightError(error)).toBe(true);
    expect(isMillwrightError(error, "MW9901")).toBe(true);
    expect(isMillwrightError(error, "MW0101")).toBe(false);
    expect(isMillwrightError({ ...error, code: "MW9901" }, "MW9901")).toBe(false);
    expect(isMillwrightError(undefined)).toBe(false);
  });
});

describe("an error table", () => {
  test("is frozen", () => {
    expect(Object.isFrozen(table)).toBe(true);
    expect(Object.isFrozen(table.rows)).toBe(true);
  });

  test("of the kernel has the codes of block 01", () => {
    expect(Object.keys(kernelErrors.rows)).toEqual(["MW0101", "MW0102", "MW0103", "MW0104", "MW0105"]);
    expect(kernelErrors.error("MW0101", facts)).toBeInstanceOf(MillwrightError);
  });
});
