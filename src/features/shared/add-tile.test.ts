import fc from "fast-check";
import { expect, test } from "vitest";
import { compileAddTile } from "./add-tile.js";
import { cellAlgebras } from "../algebra/cell-algebra.js";
import { cellOperations } from "../algebra/slots.js";
import { planTiles } from "../algebra/tile-plan.js";
import { count, first, last, max, mean, min, std, sum } from "../definition/aggregation.js";
import { viewOf } from "../proof/one-key.testing.js";

const { plan } = viewOf((f) => ({
  ...Object.fromEntries(
    Object.entries({ sum, mean, min, max, std, first, last }).map(([kind, of]) => [kind, of(f.v).over("1h")]),
  ),
  events: count().over("1h"),
}));
const [window] = planTiles(plan).windows;
const operations = cellOperations(plan);
const events = fc.array(fc.record({ value: fc.integer(), timeMs: fc.nat(5) }), { maxLength: 4 });

/** Tiles of these events behind an empty space, as a reader has them in one block. */
function blockOf(tiles: readonly (readonly { value: number; timeMs: number }[])[], before: number) {
  const width = plan.identity.length;
  const cells = new Float64Array(before + tiles.length * width);
  tiles.forEach((own, i) => {
    const at = before + i * width;
    cells.set(plan.identity, at);
    operations.forEach((operation, slot) => {
      for (const event of own) cellAlgebras[operation].add(cells, at + plan.cellAt[slot], event);
    });
  });
  return { cells, at: tiles.map((_, i) => before + i * width) };
}

test("adds tiles up to what the algebra makes of all their events, to the last bit", () => {
  const property = fc.property(fc.array(events, { maxLength: 6 }), fc.nat(3), (tiles, before) => {
    const sum = plan.identity.slice();
    const { cells, at } = blockOf(tiles, before);
    const add = compileAddTile(plan, window);
    for (const place of at) add(sum, cells, place);
    expect(sum).toEqual(blockOf([tiles.flat()], 0).cells);
  });
  fc.assert(property);
});
