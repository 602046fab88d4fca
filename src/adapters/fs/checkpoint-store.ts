import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { storageErrors, type CheckpointStore, type StoredCheckpoint } from "../../kernel/index.js";
import { syncFolder } from "./sync-folder.js";
import { writeFailed } from "./write-failed.js";

/** The first bytes of every checkpoint. */
const signature = Buffer.from("mwcheck1", "latin1");
/** Two numbers of 32 bits, little-endian, before every chunk: its length and its CRC-32. */
const headBytes = 8;
/** In the place of a length: there is no further chunk; the number behind it says how many there were. */
const endMark = 0xffffffff;
const kept = 2;

/**
 * Checkpoints as numbered files, in a folder for each name. A file is written aside, synced and renamed, so
 * a number stands for a whole checkpoint; the CRC of every chunk is checked when it is read.
 */
export function fsCheckpointStore(folderOf: (name: string) => string): CheckpointStore {
  return Object.freeze({
    async save(name: string, chunks: AsyncIterable<Uint8Array>) {
      const folder = folderOf(name);
      const temporary = join(folder, `new-${randomUUID()}`);
      try {
        await mkdir(folder, { recursive: true });
        await removeUnfinished(folder);
        await writeWhole(temporary, chunks);
        const numbers = await numbersIn(folder);
        await rename(temporary, fileAt(folder, (numbers[0] ?? 0) + 1));
        syncFolder(folder);
        for (const old of numbers.slice(kept - 1)) await rm(fileAt(folder, old), { force: true });
      } catch (error) {
        // What keeps it from being removed must not hide what went wrong first.
        await rm(temporary, { force: true }).catch(() => undefined);
        throw isRefusal(error) ? writeFailed(temporary, error) : error;
      }
    },
    async list(name: string) {
      const folder = folderOf(name);
      return (await numbersIn(folder)).map((number): StoredCheckpoint => {
        const path = fileAt(folder, number);
        return Object.freeze({ label: path, read: () => readChunks(path) });
      });
    },
  });
}

const fileAt = (folder: string, number: number) =>
  join(folder, `${String(number).padStart(12, "0")}.checkpoint`);

/** The newest first. */
async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw damaged(folder, code);
  });
  const whole = names.flatMap((name) => /^(\d{12})\.checkpoint$/.exec(name)?.[1] ?? []);
  return whole.map(Number).sort((a, b) => b - a);
}

/** What a process left when it died. A name has one writer, so nobody else is writing. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith("new-")) await rm(join(folder, name), { force: true });
  }
}

const isRefusal = (error: unknown) => error instanceof Error && "syscall" in error;

async function writeWhole(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, "wx");
  try {
    await writeAll(file, signature);
    let count = 0;
    for await (const chunk of chunks) {
      await writeAll(file, Buffer.concat([headOf(chunk.length, crc32(chunk)), chunk]));
      count++;
    }
    await writeAll(file, headOf(endMark, count));
    await file.sync();
  } finally {
    await file.close();
  }
}

function headOf(length: number, check: number): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(check, 4);
  return head;
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw damaged(path, (error as NodeJS.ErrnoException).code ?? String(error));
  });
  try {
    let left = (await file.stat()).size;
    const take = async (length: number): Promise<Buffer> => {
      if (length > left) throw damaged(path, "an end before its time");
      left -= length;
      return readAll(file, length, path);
    };
    if (!signature.equals(await take(signature.length))) throw damaged(path, "another kind of file");
    for (let count = 0; ; count++) {
      const head = await take(headBytes);
      const [length, check] = [head.readUInt32LE(0), head.readUInt32LE(4)];
      if (length === endMark) {
        if (check === count && left === 0) return;
        throw damaged(path, "another number of chunks");
      }
      const chunk = await take(length);
      if (crc32(chunk) !== check) throw damaged(path, `another checksum of chunk ${count + 1}`);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, null);
    if (bytesRead === 0) throw damaged(path, "an end before its time");
    at += bytesRead;
  }
  return bytes;
}

function damaged(path: string, found: string) {
  return storageErrors.error("MW1012", {
    expected: `a whole checkpoint at ${path}`,
    found,
    remedy: "Nothing needs to be done: it is left out and the logs are read instead.",
    details: { path },
  });
}
