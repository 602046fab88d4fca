import { Buffer } from "node:buffer";
import type { SlotPlan } from "../algebra/slots.js";
import { damaged, viewOf, type TileBytes } from "../algebra/tile-codec.js";

/**
 * Neighbouring tiles of one level are kept together, in one field of their entity's record: a window then
 * takes a few fields instead of dozens. Chunk c of a level holds the buckets from c · span on.
 *
 * As bytes: the number of the format; then tile by tile, in the order of their buckets, the place in the chunk
 * (one byte), the length (four bytes, little-endian) and the tile.
 */
export const tileFormat = 2;
const headBytes = 5;

/**
 * Tiles in a chunk. Larger ones are fewer to read, but whoever adds an event writes its chunk anew, and a sketch
 * may take a thousand bytes.
 */
export const chunkSpan = ({ slots, cellSlotCount }: SlotPlan): number =>
  slots.length > cellSlotCount ? 2 : 16;

export const chunkOf = (bucket: number, span: number): number => Math.floor(bucket / span);

/** The field of a chunk in its entity's record. */
export const chunkField = (level: number, chunk: number): string => `${level}:${chunk}`;

/**
 * Walks through the tiles of chunks. Throws MW0305 for bytes that are no chunk. Its `bytes` are the whole block of
 * memory that a chunk lies in: what comes with one answer shares it.
 */
export interface ChunkReader extends TileBytes {
  open(chunk: Uint8Array): void;
  /** Goes to the next tile: `place`, and `at` to `end` in `bytes`. False after the last one. */
  next(): boolean;
  readonly place: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function createChunkReader(span: number): ChunkReader {
  /** Where the chunk ends in `bytes`. */
  let chunkEnd = 0;
  const bytes = Buffer.alloc(0);
  const reader: Writable<ChunkReader> = {
    bytes,
    view: viewOf(bytes),
    at: 0,
    end: 0,
    place: -1,
    open({ buffer, byteOffset, length }) {
      if (buffer !== reader.view.buffer) {
        reader.bytes = Buffer.from(buffer);
        reader.view = new DataView(buffer);
      }
      chunkEnd = byteOffset + length;
      if (length === 0 || reader.bytes[byteOffset] !== tileFormat) {
        throw damaged(
          `tiles of format ${tileFormat}`,
          length === 0 ? "no bytes" : `${reader.bytes[byteOffset]}`,
        );
      }
      reader.end = byteOffset + 1;
      reader.place = -1;
    },
    next() {
      const { view, end: from, place: before } = reader;
      if (from === chunkEnd) return false;
      reader.at = from + headBytes;
      if (reader.at > chunkEnd) throw damaged("whole tiles", "a cut one");
      reader.place = view.getUint8(from);
      reader.end = reader.at + view.getUint32(from + 1, true);
      if (reader.end > chunkEnd) throw damaged("whole tiles", "a cut one");
      if (reader.place <= before || reader.place >= span) {
        throw damaged(`at most ${span} tiles in order`, `place ${reader.place} after ${before}`);
      }
      return true;
    },
  };
  return reader;
}

/** Puts tiles together; by place, undefined where there is none. */
export function writeChunk(tiles: readonly (Uint8Array | undefined)[]): Uint8Array {
  const size = tiles.reduce((total, tile) => total + (tile === undefined ? 0 : headBytes + tile.length), 1);
  const chunk = Buffer.allocUnsafe(size);
  chunk[0] = tileFormat;
  let end = 1;
  for (let place = 0; place < tiles.length; place++) {
    const tile = tiles[place];
    if (tile === undefined) continue;
    chunk[end] = place;
    chunk.writeUInt32LE(tile.length, end + 1);
    chunk.set(tile, end + headBytes);
    end += headBytes + tile.length;
  }
  return chunk;
}
