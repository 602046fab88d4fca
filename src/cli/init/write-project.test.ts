import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeProject } from "./write-project.js";

const files = new Map([
  ["a.txt", "a\n"],
  ["data/b.csv", "b\n"],
]);
const never = new AbortController().signal;

describe("the files of a new project", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "millwright-init-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const everything = async () => (await readdir(folder, { recursive: true })).sort();

  it("come to a folder that is there, beside what is in it, or to a new one", async () => {
    await writeFile(join(folder, "mine.txt"), "mine");
    await writeProject(folder, files, never);
    await writeProject(join(folder, "deep/new"), files, never);
    const project = ["a.txt", "data", "data/b.csv"];
    const below = project.map((path) => `deep/new/${path}`);
    expect(await everything()).toEqual([...project, "deep", "deep/new", ...below, "mine.txt"].sort());
    expect(await readFile(join(folder, "data/b.csv"), "utf8")).toBe("b\n");
  });

  it("MW1202: are not written where one of them is in the way", async () => {
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, "data/b.csv"), "mine");
    await expect(writeProject(folder, files, never)).rejects.toMatchObject({
      code: "MW1202",
      found: "data/b.csv",
    });
    expect(await everything()).toEqual(["data", "data/b.csv"]);
    expect(await readFile(join(folder, "data/b.csv"), "utf8")).toBe("mine");
  });

  it("MW1202: leave nothing behind when a file stands where a folder must be", async () => {
    await writeFile(join(folder, "data"), "mine");
    await expect(writeProject(folder, files, never)).rejects.toMatchObject({ code: "MW1202" });
    await expect(writeProject(join(folder, "data"), files, never)).rejects.toMatchObject({ code: "MW1202" });
    expect(await everything()).toEqual(["data"]);
  });

  it("leave nothing behind when they break off half-way, new folders included", async () => {
    const broken = new Map([...files, ["a.txt/c.txt", "a.txt is a file by then"]]);
    await expect(writeProject(join(folder, "new"), broken, never)).rejects.toMatchObject({ code: "MW1202" });
    expect(await everything()).toEqual([]);
  });

  it("MW1003: say which write failed", async () => {
    const tooLong = new Map([["x".repeat(300), ""]]);
    const refused = writeProject(folder, tooLong, never);
    await expect(refused).rejects.toMatchObject({
      code: "MW1003",
      found: expect.stringContaining("ENAMETOOLONG") as string,
    });
  });

  it("MW0105: are not written when the signal has fired", async () => {
    const cancelled = writeProject(folder, files, AbortSignal.abort());
    await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
    expect(await everything()).toEqual([]);
  });
});
