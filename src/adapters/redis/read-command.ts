import { Buffer } from "node:buffer";
import { Command, type Redis } from "ioredis";

/** Writes out the names of an entity: what they begin with, and what follows in each of them. */
export type WriteNames = (row: string, suffixes: readonly string[]) => string;

/**
 * Names as the protocol has them, `$<bytes>\r\n<name>\r\n` one after another. What stands between the rows in it
 * is the same for all entities of a read, but for the length of a row, and made once: an entity then takes one
 * join, instead of a text, a length and a copy for each of its names.
 */
export function compileNames(): WriteNames {
  const known = new WeakMap<readonly string[], Map<number, readonly string[]>>();

  function piecesOf(suffixes: readonly string[], rowBytes: number): readonly string[] {
    let byLength = known.get(suffixes);
    if (byLength === undefined) known.set(suffixes, (byLength = new Map<number, readonly string[]>()));
    let pieces = byLength.get(rowBytes);
    if (pieces === undefined) byLength.set(rowBytes, (pieces = piecesBetween(suffixes, rowBytes)));
    return pieces;
  }

  return (row, suffixes) => piecesOf(suffixes, Buffer.byteLength(row)).join(row);
}

function piecesBetween(suffixes: readonly string[], rowBytes: number): string[] {
  const heads = suffixes.map((suffix) => `$${rowBytes + Buffer.byteLength(suffix)}\r\n`);
  return [...heads, ""].map((head, i) => (i === 0 ? head : `${suffixes[i - 1]}\r\n${head}`));
}

/** One MGET of names that are written out. */
export function mget(redis: Redis, count: number, names: readonly string[]): Promise<(Buffer | null)[]> {
  const command = new Command("mget", [], { replyEncoding: null });
  const written = [`*${count + 1}\r\n$4\r\nmget\r\n`, ...names].join("");
  command.toWritable = () => written;
  return redis.sendCommand(command) as Promise<(Buffer | null)[]>;
}
