import { Buffer } from "node:buffer";
import type { Canonical } from "../kernel/index.js";
import { featureErrors } from "./errors.js";
import { sketchAlgebras, type Sketch } from "./sketch-algebra.js";
import { sketchOperations, type SlotPlan } from "./slots.js";

/** The mergeable states of one tile. */
export interface Tile {
  /** The cells of all slots. */
  readonly cells: Float64Array;
  /** One per sketch; undefined where nothing was added. */
  readonly sketches: (Sketch | undefined)[];
}

/**
 * Tiles of one view as bytes: the version, the cells as little-endian doubles, then every sketch as the
 * length of its JSON (four bytes, 0 for none) and its JSON. Every way of reading throws MW0305 for bytes
 * that no tile of the view is written as; cells carry no checksum, the store guards its bytes itself.
 */
export interface TileCodec {
  encode(tile: Tile): Uint8Array;
  decode(bytes: Uint8Array): Tile;
  /** Reads the cells into `cells` from `at` on, and the wanted sketches into `sketches` from `sketchAt` on. */
  decodeInto(bytes: Uint8Array, target: TileTarget): void;
}

export interface TileTarget {
  readonly cells: Float64Array;
  at: number;
  readonly sketches: (Sketch | undefined)[];
  sketchAt: number;
  /** By sketch, which ones to read; absent: none. */
  wanted: readonly (boolean | undefined)[];
}

const version = 1;
const lengthBytes = 4;
const bigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** Compiles the codec of a view's tiles. */
export function createTileCodec(plan: SlotPlan): TileCodec {
  const operations = sketchOperations(plan);
  const width = plan.identity.length;
  const cellBytes = width * 8;
  const headBytes = 1 + cellBytes;
  const everySketch = operations.map(() => true);

  function encode({ cells, sketches }: Tile): Uint8Array {
    const texts = operations.map((_, s) => sketchBytes(sketches[s]));
    const size = texts.reduce((total, text) => total + lengthBytes + text.length, headBytes);
    const bytes = Buffer.allocUnsafe(size);
    bytes[0] = version;
    bytes.set(new Uint8Array(cells.buffer, cells.byteOffset, cellBytes), 1);
    if (bigEndian) bytes.subarray(1, headBytes).swap64();
    let end = headBytes;
    for (const text of texts) {
      end = bytes.writeUInt32LE(text.length, end);
      end += text.copy(bytes, end);
    }
    return bytes;
  }

  function readSketches(bytes: Buffer, { sketches, sketchAt, wanted }: TileTarget): void {
    let end = headBytes;
    for (let s = 0; s < operations.length; s++) {
      if (end + lengthBytes > bytes.length) throw damaged("a tile with all its sketches", "a cut one");
      const from = end + lengthBytes;
      end = from + bytes.readUInt32LE(end);
      if (end > bytes.length) throw damaged("a tile with whole sketches", "a cut one");
      sketches[sketchAt + s] =
        wanted[s] === true && end > from
          ? readSketch(operations[s], bytes.toString("utf8", from, end))
          : undefined;
    }
    if (end !== bytes.length) throw damaged(`a tile of ${end} bytes`, `${bytes.length}`);
  }

  function decodeInto(given: Uint8Array, target: TileTarget): void {
    const bytes = asBuffer(given);
    if (bytes.length === 0 || bytes[0] !== version) {
      throw damaged(`a tile of format ${version}`, bytes.length === 0 ? "no bytes" : `${bytes[0]}`);
    }
    if (operations.length > 0 ? bytes.length < headBytes : bytes.length !== headBytes) {
      throw damaged(`a tile with ${width} cells`, `${bytes.length} bytes`);
    }
    const { cells, at } = target;
    const stored = Buffer.from(cells.buffer, cells.byteOffset + at * 8, cellBytes);
    bytes.copy(stored, 0, 1, headBytes);
    if (bigEndian) stored.swap64();
    if (operations.length > 0) readSketches(bytes, target);
  }

  function decode(bytes: Uint8Array): Tile {
    const tile: Tile = { cells: new Float64Array(width), sketches: [] };
    decodeInto(bytes, { ...tile, at: 0, sketchAt: 0, wanted: everySketch });
    return tile;
  }

  return Object.freeze({ encode, decode, decodeInto });
}

const nothing = Buffer.alloc(0);

function sketchBytes(sketch: Sketch | undefined): Buffer {
  return sketch === undefined ? nothing : Buffer.from(JSON.stringify(sketch.toJson()));
}

function readSketch(operation: keyof typeof sketchAlgebras, text: string): Sketch {
  try {
    return sketchAlgebras[operation](JSON.parse(text) as Canonical);
  } catch (error) {
    throw damaged(`a sketch of ${operation}`, text.length > 60 ? `${text.slice(0, 60)}…` : text, error);
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** MW0305 for what a store holds beside or as a tile. */
export function damaged(expected: string, found: string, cause?: unknown) {
  return featureErrors.error("MW0305", {
    expected,
    found,
    remedy: "Drop the view's space and build it again from the history and the log.",
    ...(cause === undefined ? {} : { cause }),
  });
}
