import { expect, test } from "vitest";
import { outputTail } from "./output-tail.js";

test("the last fifty lines stay, whatever is printed", () => {
  const shown: string[] = [];
  const tail = outputTail((line) => shown.push(line));
  const read = tail.reader();
  for (let i = 0; i < 20_000; i++) read(Buffer.from(`line ${i}\n`));
  expect(tail.lines()).toHaveLength(50);
  expect(tail.lines().at(-1)).toBe("line 19999");
  expect(shown).toHaveLength(10_001);
  expect(shown.at(-1)).toBe("… further output is not shown");
});

test("lines end with any end of line; a character may be cut in two; a line without end is cut", () => {
  const tail = outputTail(undefined);
  const read = tail.reader();
  const bytes = Buffer.from("10 %\r20 %\r\nfür\n");
  const cut = bytes.indexOf(0xc3) + 1;
  read(bytes.subarray(0, cut));
  read(bytes.subarray(cut));
  read(Buffer.alloc(5_000, 97));
  expect(tail.lines()).toEqual(["10 %", "20 %", "für", `${"a".repeat(2_000)}…`]);
});
