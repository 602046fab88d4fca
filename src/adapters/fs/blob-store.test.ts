import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeBlobStoreContract } from "../../../test/contracts/blob-store.js";
import { fsBlobStore } from "./blob-store.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millwright-blobs-"));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

describeBlobStoreContract("fs", () => Promise.resolve(fsBlobStore(root)));

const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("fsBlobStore", () => {
  it("lays a blob down as a read-only file named by its hash, and leaves nothing beside it", async () => {
    await fsBlobStore(root).put(Buffer.from("abc"));
    const path = join(root, "ba", abc.slice(2));
    expect(await readFile(path, "utf8")).toBe("abc");
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await readdir(join(root, "tmp"))).toEqual([]);
  });

  it("is there for the next store on the folder", async () => {
    await fsBlobStore(root).put(Buffer.from("abc"));
    expect(Buffer.from(await fsBlobStore(root).get(abc)).toString()).toBe("abc");
  });

  it("refuses damaged bytes, by value and by path", async () => {
    await fsBlobStore(root).put(Buffer.from("abc"));
    const path = join(root, "ba", abc.slice(2));
    await chmod(path, 0o644);
    await writeFile(path, "abd");
    await expect(fsBlobStore(root).get(abc)).rejects.toMatchObject({ code: "MW1002" });
    await expect(fsBlobStore(root).localPath(abc)).rejects.toMatchObject({ code: "MW1002" });
  });

  it("adopts across devices", async () => {
    // /dev/shm is a device of its own on Linux; elsewhere this is an ordinary move.
    const elsewhere = await mkdtemp(
      join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "millwright-"),
    );
    try {
      await writeFile(join(elsewhere, "file"), "abc");
      expect(await fsBlobStore(root).adopt(join(elsewhere, "file"))).toBe(abc);
      expect(await readdir(elsewhere)).toEqual([]);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("removes what dead processes left half-written, and nothing of living ones", async () => {
    await mkdir(join(root, "tmp"));
    // No process has an id above the largest that Linux admits, 2^22.
    await writeFile(join(root, "tmp", "99999999-left"), "half");
    await writeFile(join(root, "tmp", `${process.pid}-busy`), "half");
    await fsBlobStore(root).put(Buffer.from("abc"));
    expect(await readdir(join(root, "tmp"))).toEqual([`${process.pid}-busy`]);
  });

  it("says so when a write fails, and keeps nothing of it", async () => {
    await writeFile(join(root, "ba"), "a file where a folder must be");
    await expect(fsBlobStore(root).put(Buffer.from("abc"))).rejects.toMatchObject({ code: "MW1003" });
    expect(await readdir(join(root, "tmp"))).toEqual([]);
    expect(await fsBlobStore(root).has(abc)).toBe(false);
  });
});
