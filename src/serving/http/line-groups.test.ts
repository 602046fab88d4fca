import fc from "fast-check";
import { expect, test } from "vitest";
import { lineGroups } from "./line-groups.js";

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const to = Math.max(from, Math.min(cut, bytes.length));
    yield await Promise.resolve(bytes.subarray(from, to));
    from = to;
  }
  yield bytes.subarray(from);
}

test("gives the lines of a text wherever its bytes are cut, in groups of bounded size", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "🛫", "\n", " ", "\r"), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.array(fc.nat(200)),
      fc.integer({ min: 1, max: 5 }),
      async (body, cuts, most) => {
        const groups = [];
        for await (const group of lineGroups(inPieces(Buffer.from(body), cuts), {
          lines: most,
          bytes: 1000,
        })) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.length).toBeLessThanOrEqual(most);
          groups.push(...group);
        }
        const expected = body
          .split("\n")
          .flatMap((line, i) => (line.trim() === "" ? [] : [{ text: line, number: i + 1 }]));
        expect(groups).toEqual(expected);
      },
    ),
  );
});

test("a group ends when its lines are as long together as one may be", async () => {
  const groups = [];
  for await (const group of lineGroups(inPieces(Buffer.from("aaaa\nbbbb\ncccc\nd"), []), {
    lines: 100,
    bytes: 8,
  })) {
    groups.push(group.map((line) => line.text));
  }
  expect(groups).toEqual([
    ["aaaa", "bbbb"],
    ["cccc", "d"],
  ]);
});

test.each(["a\nbbbbbbbbb\n", "a\nbbbbbbbbb", "a\nbbbbb"])(
  "a line that is too long is named: %j",
  async (body) => {
    const read = async () => {
      for await (const group of lineGroups(inPieces(Buffer.from(body), [3]), { lines: 100, bytes: 4 })) {
        expect(group).toEqual([]);
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "MW0806", details: { line: 2 } });
  },
);
