import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TileChange, TileStore } from "../../src/features/index.js";

const bytes = (...values: number[]) => Uint8Array.from(values);
const plainBytes = (tiles: readonly (Uint8Array | undefined)[]) =>
  tiles.map((tile) => (tile === undefined ? undefined : [...tile]));

/** A change of the entity `key` of space `s`, from nothing. */
const change = (part: Partial<TileChange> = {}): TileChange => ({
  space: "s",
  key: "key",
  expected: undefined,
  meta: "1",
  set: [],
  drop: [],
  ...part,
});

/** What every store of tiles must do. `make` opens an empty one; `peer` a second one on the same tiles. */
export function describeTileStoreContract(
  name: string,
  make: () => Promise<{ readonly store: TileStore; readonly peer: TileStore }>,
): void {
  describe(`${name}: tile store contract`, () => {
    let store: TileStore;
    let peer: TileStore;
    beforeEach(async () => {
      ({ store, peer } = await make());
    });
    afterEach(async () => {
      await store.close();
      await peer.close();
    });

    const fieldsOf = async (key: string, fields: readonly string[], space = "s") => {
      const [{ meta, tiles }] = await peer.fetch([{ space, key, fields }]);
      return { meta, tiles: plainBytes(tiles) };
    };

    it("knows nothing of an entity at first", async () => {
      expect(await fieldsOf("key", ["0:1", "m"])).toEqual({ meta: undefined, tiles: [undefined, undefined] });
      expect(await store.fetch([])).toEqual([]);
      expect(await store.swap([])).toEqual([]);
    });

    it("makes a change that rests on what is stored, and no other", async () => {
      expect(await store.swap([change({ set: [["0:1", bytes(1)]] })])).toEqual([true]);
      expect(await store.swap([change({ set: [["0:1", bytes(9)]] })])).toEqual([false]);
      expect(await store.swap([change({ expected: "2", meta: "3", drop: ["0:1"] })])).toEqual([false]);
      expect(await fieldsOf("key", ["0:1"])).toEqual({ meta: "1", tiles: [[1]] });
      const second = change({ expected: "1", meta: "2", set: [["1:-7", bytes(2, 0)]], drop: ["0:1", "0:5"] });
      expect(await store.swap([second])).toEqual([true]);
      expect(await fieldsOf("key", ["0:1", "1:-7"])).toEqual({ meta: "2", tiles: [undefined, [2, 0]] });
    });

    it("says of each change whether it was made, in order, the changes of one entity one after another", async () => {
      const made = await store.swap([
        change({ key: "a", set: [["0:1", bytes(1)]] }),
        change({ key: "b", expected: "x" }),
        change({ key: "a", expected: "1", meta: "2" }),
        change({ key: "a" }),
        change({ key: "a", space: "other", meta: "5" }),
      ]);
      expect(made).toEqual([true, false, true, false, true]);
      expect(await fieldsOf("a", ["0:1"])).toEqual({ meta: "2", tiles: [[1]] });
      expect(await fieldsOf("a", ["0:1"], "other")).toEqual({ meta: "5", tiles: [undefined] });
    });

    it("gives each request its own answer, also the same one twice", async () => {
      await store.swap([change({ set: [["0:1", bytes(1)]] }), change({ key: "b", meta: "B" })]);
      const answers = await store.fetch([
        { space: "s", key: "b", fields: [] },
        { space: "s", key: "key", fields: ["0:2", "0:1", "0:1"] },
        { space: "s", key: "key", fields: ["0:1"] },
      ]);
      expect(answers.map(({ meta }) => meta)).toEqual(["B", "1", "1"]);
      expect(answers.map(({ tiles }) => plainBytes(tiles))).toEqual([[], [undefined, [1], [1]], [[1]]]);
    });

    it("lets one of several writers at once through, and no update is lost", async () => {
      let refusals = 0;
      const count = async (own: TileStore) => {
        for (let made = 0; made < 20;) {
          const [{ meta }] = await own.fetch([{ space: "s", key: "counter", fields: [] }]);
          const next = change({ key: "counter", expected: meta, meta: String(Number(meta ?? 0) + 1) });
          const [done] = await own.swap([next]);
          if (done) made++;
          else refusals++;
        }
      };
      await Promise.all([count(store), count(peer), count(store)]);
      expect((await fieldsOf("counter", [])).meta).toBe("60");
      expect(refusals).toBeGreaterThan(0);
    });

    it("keeps thousands of tiles of an entity, empty ones and large ones", async () => {
      const fields = Array.from({ length: 5000 }, (_, i) => `0:${i}`);
      const tile = (i: number) =>
        i === 7 ? new Uint8Array(300_000).fill(7) : new Uint8Array(i % 3).fill(i & 255);
      await store.swap([change({ set: fields.map((field, i) => [field, tile(i)]) })]);
      const [{ tiles }] = await peer.fetch([{ space: "s", key: "key", fields }]);
      expect(tiles.map((found) => found?.length)).toEqual(fields.map((_, i) => tile(i).length));
      expect(tiles[7]).toEqual(expect.objectContaining({ 0: 7, 299_999: 7 }));
      await store.swap([change({ expected: "1", meta: "2", drop: fields.slice(1) })]);
      expect(await fieldsOf("key", ["0:0", "0:1", "0:4999"])).toMatchObject({
        tiles: [[], undefined, undefined],
      });
    });

    it("keeps apart entities and fields of any name in spaces of any name", async () => {
      const name = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom(..."{}:=%*?[]\\~m\ud800\udfffé") }),
      );
      const pair = fc.tuple(name, name);
      const names = fc.uniqueArray(pair, {
        minLength: 1,
        maxLength: 12,
        selector: (own) => JSON.stringify(own),
      });
      const fieldNames = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
      let round = 0;
      const property = fc.asyncProperty(names, fieldNames, async (pairs, fields) => {
        const prefix = `${round++}/`;
        const metas = pairs.map(([space, key]) => JSON.stringify(["é\n", space, key]));
        const changes = pairs.map(([space, key], i) =>
          change({
            space: prefix + space,
            key,
            meta: metas[i],
            set: fields.map((field, f) => [field, bytes(i, f)]),
          }),
        );
        expect(await store.swap(changes)).toEqual(pairs.map(() => true));
        const requests = pairs.map(([space, key]) => ({ space: prefix + space, key, fields }));
        const answers = await peer.fetch(requests);
        expect(answers.map(({ meta }) => meta)).toEqual(metas);
        expect(answers.map(({ tiles }) => plainBytes(tiles))).toEqual(
          pairs.map((_, i) => fields.map((__, f) => [i, f])),
        );
        const [[dropped]] = pairs;
        await store.drop(prefix + dropped);
        const left = await peer.fetch(requests);
        expect(left.map(({ meta }) => meta)).toEqual(
          metas.map((meta, i) => (pairs[i][0] === dropped ? undefined : meta)),
        );
      });
      await fc.assert(property, { numRuns: 20 });
    });

    it("gives hundreds of entities asked for at once their own tiles", async () => {
      const fields = ["0:1", "0:2", "1:0", "1:-1"];
      const keys = Array.from({ length: 700 }, (_, i) => `entity ${i}`);
      const own = (i: number) => fields.filter((_, f) => (i >> f) % 2 === 1);
      await store.swap(
        keys.map((key, i) =>
          change({
            key,
            meta: key,
            set: own(i).map((field) => [field, bytes(i & 255, fields.indexOf(field))]),
          }),
        ),
      );
      const answers = await peer.fetch(keys.map((key) => ({ space: "s", key, fields })));
      expect(answers.map(({ meta }) => meta)).toEqual(keys);
      expect(answers.map(({ tiles }) => plainBytes(tiles))).toEqual(
        keys.map((_, i) => fields.map((field, f) => (own(i).includes(field) ? [i & 255, f] : undefined))),
      );
    });

    it("drops a space of thousands of entities and leaves its neighbours", async () => {
      const keys = Array.from({ length: 2500 }, (_, i) => `entity ${i}`);
      await store.swap(keys.map((key) => change({ key })));
      await store.swap([change({ space: "s2" }), change({ space: "" })]);
      await store.drop("s");
      await store.drop("never there");
      const answers = await peer.fetch(keys.map((key) => ({ space: "s", key, fields: [] })));
      expect(answers.filter(({ meta }) => meta !== undefined)).toEqual([]);
      expect([await fieldsOf("key", [], "s2"), await fieldsOf("key", [], "")]).toMatchObject([
        { meta: "1" },
        { meta: "1" },
      ]);
      expect(await store.swap([change({ key: keys[0] })])).toEqual([true]);
    });

    it("keeps its own copy of what it takes and gives", async () => {
      const tile = bytes(1, 2);
      await store.swap([change({ set: [["0:1", tile]] })]);
      tile[0] = 9;
      const [{ tiles }] = await store.fetch([{ space: "s", key: "key", fields: ["0:1"] }]);
      (tiles[0] as Uint8Array)[1] = 9;
      expect(await fieldsOf("key", ["0:1"])).toMatchObject({ tiles: [[1, 2]] });
    });

    it("refuses calls after it was closed; closing twice is harmless", async () => {
      await store.close();
      await store.close();
      const refused = { code: "MW1013" };
      await expect(store.fetch([{ space: "s", key: "key", fields: [] }])).rejects.toMatchObject(refused);
      await expect(store.swap([change()])).rejects.toMatchObject(refused);
      await expect(store.drop("s")).rejects.toMatchObject(refused);
    });
  });
}
