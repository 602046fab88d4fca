import { expect, test } from "vitest";
import { memoryTileStore } from "../../adapters/memory/index.js";
import { adoptBase, baseName } from "./shared-base.js";

const first = { dataset: "a".repeat(64), beforeMs: 1_000 };
const second = { dataset: "b".repeat(64), beforeMs: 2_000 };

test("the first proposal is the base of all, whoever asks later and whatever they propose", async () => {
  const tiles = memoryTileStore();
  const asked = await Promise.all([adoptBase(tiles, "trips", first), adoptBase(tiles, "trips", second)]);
  expect(asked).toEqual([first, first]);
  expect(await adoptBase(tiles, "others", second)).toEqual(second);
});

test("a base that is none is refused with a code, not taken for another", async () => {
  const tiles = memoryTileStore();
  await tiles.swap([
    { space: "@:bases", key: "trips", expected: undefined, meta: '{"dataset":7}', set: [], drop: [] },
  ]);
  await expect(adoptBase(tiles, "trips", first)).rejects.toMatchObject({ code: "MW1118" });
});

test("bases of different histories have different names", () => {
  expect(new Set([first, second, { ...first, beforeMs: 1_001 }].map(baseName)).size).toBe(3);
});
