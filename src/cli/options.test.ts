import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { liveName, milliseconds, modelName, port, time, wholeNumber } from "./options.js";

describe("values of options", () => {
  test.each([
    [wholeNumber, ["1", "48", "999999999"], ["0", "-1", "1.5", "01", "1e3", "", " 1", "1234567890"]],
    [milliseconds, ["0", "1", "30000"], ["-1", "1.5", "01", "00", "", "10s"]],
    [port, ["0", "80", "65535"], ["65536", "-1", "http", "", "123456"]],
  ])("numbers", (parse, good, bad) => {
    for (const text of good) expect(parse(text)).toBe(Number(text));
    for (const text of bad) expect(() => parse(text)).toThrow(InvalidArgumentError);
  });

  test("the name of a live state cannot lead out of its folder", () => {
    for (const name of ["default", "replay", "June-2001", "a.b_c"]) expect(liveName(name)).toBe(name);
    for (const name of ["", ".", "..", "../x", "a/b", "a\\b", "/x", "-x", "x".repeat(64)]) {
      expect(() => liveName(name)).toThrow(InvalidArgumentError);
    }
  });

  test("times are ISO 8601 and UTC unless they say otherwise", () => {
    expect(time("--from", "2001-06-01")).toBe(Date.UTC(2001, 5, 1));
    expect(time("--from", "2001-06-01T12:00+02:00")).toBe(Date.UTC(2001, 5, 1, 10));
    for (const text of ["June", "2001-02-30", "991353600000", ""]) {
      expect(() => time("--from", text)).toThrow(
        expect.objectContaining({
          code: "MW1201",
          found: JSON.stringify(text),
          expected: "an ISO 8601 time for --from",
        }),
      );
    }
  });

  test("the model is the given one, or the only one", () => {
    expect(modelName("b", ["a"])).toBe("b");
    expect(modelName(undefined, ["a"])).toBe("a");
    expect(() => modelName(undefined, ["a", "b"])).toThrow(
      expect.objectContaining({ code: "MW1201", remedy: "Name one of a, b." }),
    );
  });
});
