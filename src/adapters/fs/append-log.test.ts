import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeAppendLogContract, readAll } from "../../../test/contracts/append-log.js";
import { fsAppendLog } from "./append-log.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-log-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describeAppendLogContract("fs", () => fsAppendLog(folder));
describeAppendLogContract("fs, synced", () => fsAppendLog(folder, { sync: true }));
describeAppendLogContract("fs, many segments", () => fsAppendLog(folder, { segmentBytes: 100 }));

const firstFile = () => join(folder, "0000000000000001.log");
const texts = (all: [number, string][]) => all.map(([, text]) => text);

async function fill(records: readonly string[], segmentBytes?: number): Promise<void> {
  const log = await fsAppendLog(folder, segmentBytes === undefined ? {} : { segmentBytes });
  for (const record of records) await log.append([record]);
  await log.close();
}

async function reopened(): Promise<string[]> {
  const log = await fsAppendLog(folder);
  const found = texts(await readAll(log));
  await log.close();
  return found;
}

describe("fsAppendLog", () => {
  it("writes one line per record: CRC-32, space, text", async () => {
    await fill(["abc", "123456789"]);
    // 352441c2 is zlib's CRC-32 of "abc"; cbf43926 is the check value of the CRC catalogue.
    expect(readFileSync(firstFile(), "utf8")).toBe("352441c2 abc\ncbf43926 123456789\n");
  });

  it("goes on where it was closed", async () => {
    await fill(["a", "b"]);
    const log = await fsAppendLog(folder);
    expect(log.nextSequence).toBe(3);
    expect(await log.append(["c"])).toBe(3);
    expect(texts(await readAll(log))).toEqual(["a", "b", "c"]);
    await log.close();
  });

  it("begins a new file at the size given and names it by its first record", async () => {
    await fill(["a".repeat(20), "b".repeat(20), "c".repeat(20), "d"], 60);
    expect((await readdir(folder)).sort()).toEqual(["0000000000000001.log", "0000000000000003.log"]);
    expect(await reopened()).toEqual(["a".repeat(20), "b".repeat(20), "c".repeat(20), "d"]);
  });

  it("reads the same records whether or not lines cross the reader's megabyte", async () => {
    const records = Array.from({ length: 30 }, (_, i) => String(i).repeat(40_000 + i));
    await fill(records);
    expect(await reopened()).toEqual(records);
  });

  it("cuts a last line torn at any byte, and nothing else", async () => {
    await fill(["first", "second", "third-é"]);
    const whole = readFileSync(firstFile());
    const lastStart = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (let size = lastStart; size < whole.length; size++) {
      writeFileSync(firstFile(), whole.subarray(0, size));
      const log = await fsAppendLog(folder);
      expect(log.nextSequence).toBe(3);
      expect(await log.append(["again"])).toBe(3);
      expect(texts(await readAll(log))).toEqual(["first", "second", "again"]);
      await log.close();
    }
  });

  it("refuses a flipped bit anywhere before the tail, naming file and line", async () => {
    await fill(["first", "second", "third"]);
    const whole = readFileSync(firstFile());
    const secondStart = whole.indexOf(10) + 1;
    const secondEnd = whole.indexOf(10, secondStart);
    for (let at = secondStart; at < secondEnd; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 4;
      writeFileSync(firstFile(), flipped);
      await expect(fsAppendLog(folder)).rejects.toMatchObject({
        code: "MW1004",
        details: { path: firstFile(), line: 2 },
      });
    }
    expect(existsSync(join(folder, "lock"))).toBe(false);
  });

  it("finds damage in an earlier file when it is read, and lost records", async () => {
    await fill(["a".repeat(20), "b".repeat(20), "c".repeat(20)], 60);
    const whole = readFileSync(firstFile());
    truncateSync(firstFile(), whole.length - 30);
    await expect(reopened()).rejects.toMatchObject({ code: "MW1004", details: { line: 2 } });
    await rm(join(folder, "lock"));
    writeFileSync(firstFile(), Buffer.concat([whole, whole.subarray(0, whole.length / 2)]));
    await expect(reopened()).rejects.toMatchObject({ code: "MW1004", details: { line: 3 } });
  });

  it("admits one holder at a time, this process included, and takes over from the dead", async () => {
    const log = await fsAppendLog(folder);
    await expect(fsAppendLog(folder)).rejects.toMatchObject({
      code: "MW1005",
      remedy: expect.stringContaining("--live") as string,
      details: { pid: process.pid },
    });
    await log.close();
    expect(existsSync(join(folder, "lock"))).toBe(false);
    // No process has an id above 2^22; and a later process with the same id starts at another time.
    for (const dead of ["99999999 5", `${process.pid} 1`, "", "garbage"]) {
      writeFileSync(join(folder, "lock"), dead);
      await (await fsAppendLog(folder)).close();
      expect((await readdir(folder)).filter((name) => name.startsWith("lock"))).toEqual([]);
    }
  });

  it("lets the event loop turn while writers append without pause", async () => {
    const log = await fsAppendLog(folder);
    let turned = false;
    const appending = (async () => {
      while (!turned) await log.append(["again"]);
    })();
    await new Promise(setImmediate);
    turned = true;
    await expect(appending).resolves.toBeUndefined();
    await log.close();
  });

  it("leaves a torn group of records whole up to the tear", async () => {
    await fill(["first"]);
    const line = (text: string) => `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
    appendFileSync(firstFile(), line("second") + line("third").slice(0, 9));
    expect(await reopened()).toEqual(["first", "second"]);
  });
});
