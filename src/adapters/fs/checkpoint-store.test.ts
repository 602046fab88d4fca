import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  describeCheckpointStoreContract,
  textChunks,
  textsOf,
} from "../../../test/contracts/checkpoint-store.js";
import { fsCheckpointStore } from "./checkpoint-store.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millwright-checkpoint-"));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const storeIn = (folder: string) => fsCheckpointStore((name) => join(folder, name));

describeCheckpointStoreContract("fs", async () => storeIn(await mkdtemp(join(root, "store-"))));

describe("fsCheckpointStore", () => {
  const path = (number: number) => join(root, "default", `${String(number).padStart(12, "0")}.checkpoint`);

  it("finds every cut and every flipped byte of a file, and gives no damaged chunk", async () => {
    const store = storeIn(root);
    await store.save("default", textChunks("first", "", "third"));
    const whole = await readFile(path(1));
    const damages = Array.from(whole, (byte, at) => {
      const flipped = Uint8Array.from(whole);
      flipped[at] = byte ^ 0x10;
      return [whole.subarray(0, at), flipped];
    }).flat();
    damages.push(Buffer.concat([whole, Buffer.of(0)]));
    for (const bytes of damages) {
      await writeFile(path(1), bytes);
      const [stored] = await store.list("default");
      const read: string[] = [];
      const reading = (async () => {
        for await (const chunk of stored.read()) read.push(Buffer.from(chunk).toString());
      })();
      await expect(reading).rejects.toMatchObject({ code: "MW1012", details: { path: path(1) } });
      expect(["first", "", "third"].slice(0, read.length)).toEqual(read);
    }
  });

  it("removes what a process left that died while it wrote, and takes it for no checkpoint", async () => {
    const store = storeIn(root);
    await store.save("default", textChunks("whole"));
    await writeFile(join(root, "default", "new-left"), "half");
    expect(await Promise.all((await store.list("default")).map(textsOf))).toEqual([["whole"]]);
    await store.save("default", textChunks("next"));
    expect((await readdir(join(root, "default"))).sort()).toEqual(
      [1, 2].map((n) => path(n).split("/").at(-1)),
    );
  });

  it("names the file when it cannot be written", async () => {
    await writeFile(join(root, "taken"), "a file where the folder should be");
    await expect(storeIn(root).save("taken", textChunks("x"))).rejects.toMatchObject({ code: "MW1003" });
  });
});
