import { describe, expect, test } from "vitest";
import { codesByMark } from "./text-dictionary.js";

describe("texts that are named by numbers", () => {
  test("are found at their places, null at none", () => {
    // 3, 11 and 2^52 + 3 begin their search in one slot.
    const marks = [11, 2 ** 52 + 3, 0, 3];
    const codeOf = codesByMark(marks, 3);
    expect(marks.map((mark) => codeOf?.(mark))).toEqual([0, 1, 2, -1]);
    expect(codesByMark([7], -1)?.(7)).toBe(0);
  });

  test("are not found if a file has others by now", () => {
    expect(() => codesByMark([1, 2], -1)?.(9)).toThrow("the file changed");
    expect(() => codesByMark([], -1)?.(0)).toThrow("the file changed");
  });

  test("need other numbers if two have one", () => {
    expect(codesByMark([5, 6, 5], -1)).toBeUndefined();
  });
});
