import { Buffer } from "node:buffer";
import type { Canonical } from "../../kernel/index.js";
import { createCellCodec, type ByteReader, type CellTarget } from "./cell-codec.js";
import { featureErrors } from "../errors.js";
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
 * Tiles of one view as bytes: the cells, then every sketch as the length of its JSON (four bytes, 0 for none)
 * and its JSON. Every way of reading throws MW0305 for bytes that no tile of the view is written as; cells
 * carry no checksum, the store guards its bytes itself.
 */
export interface TileCodec {
  /** A tile whose time begins at `startMs`. */
  encode(tile: Tile, startMs: number): Uint8Array;
  decode(bytes: Uint8Array, startMs: number): Tile;
  /** Reads the cells into `cells` from `at` on, and the wanted sketches into `sketches` from `sketchAt` on. */
  decodeInto(reader: TileBytes, target: TileTarget): void;
}

/** The bytes of a tile, which end at `end`. */
export interface TileBytes extends ByteReader {
  readonly bytes: Buffer;
}

export interface TileTarget extends CellTarget {
  readonly sketches: (Sketch | undefined)[];
  sketchAt: number;
  /** By sketch, which ones to read; absent: none. */
  wanted: readonly (boolean | undefined)[];
}

const lengthBytes = 4;

/** Compiles the codec of a view's tiles. */
export function createTileCodec(plan: SlotPlan): TileCodec {
  const operations = sketchOperations(plan);
  const cellCodec = createCellCodec(plan);
  const width = plan.identity.length;
  const everySketch = operations.map(() => true);

  function encode({ cells, sketches }: Tile, startMs: number): Uint8Array {
    const parts = [cellCodec.encode(cells, startMs)];
    for (let s = 0; s < operations.length; s++) {
      const text = sketchBytes(sketches[s]);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(text.length);
      parts.push(length, text);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  function readSketches({ bytes, at, end }: TileBytes, { sketches, sketchAt, wanted }: TileTarget): number {
    for (let s = 0; s < operations.length; s++) {
      if (at + lengthBytes > end) throw damaged("a tile with all its sketches", "a cut one");
      const from = at + lengthBytes;
      at = from + bytes.readUInt32LE(at);
      if (at > end) throw damaged("a tile with whole sketches", "a cut one");
      sketches[sketchAt + s] =
        wanted[s] === true && at > from
          ? readSketch(operations[s], bytes.toString("utf8", from, at))
          : undefined;
    }
    return at;
  }

  function decodeInto(reader: TileBytes, target: TileTarget): void {
    if (!cellCodec.decodeInto(reader, target)) throw damaged(`a tile with ${width} cells`, "other bytes");
    if (operations.length > 0) reader.at = readSketches(reader, target);
    if (reader.at !== reader.end) throw damaged("a tile", `${reader.end - reader.at} bytes more than one`);
  }

  function decode(given: Uint8Array, startMs: number): Tile {
    const tile: Tile = { cells: new Float64Array(width), sketches: [] };
    const bytes = asBuffer(given);
    decodeInto(
      { bytes, view: viewOf(bytes), at: 0, end: bytes.length },
      { ...tile, at: 0, startMs, sketchAt: 0, wanted: everySketch },
    );
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

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** MW0305 for what a store holds beside or as a tile. */
export function damaged(expected: string, found: string, cause?: unknown) {
  return featureErrors.error("MW0305", {
    expected,
    found,
    remedy: "Drop the view's space and build it again from the history and the log.",
    ...(cause === undefined ? {} : { cause }),
  });
}
