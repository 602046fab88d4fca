import type { LevelPlan } from "../algebra/tile-plan.js";
import { chunkField, chunkOf, createChunkReader, writeChunk } from "./tile-chunk.js";
import type { Tile, TileCodec } from "../algebra/tile-codec.js";

/** A tile of an entity, to be changed; undefined when no read can reach it any more. */
export type OpenTile = (level: number, bucket: number) => Tile | undefined;

interface ChunkContext {
  readonly codec: TileCodec;
  readonly span: number;
  readonly levels: readonly LevelPlan[];
  readonly empty: () => Tile;
  /** By level, the first bucket that a read can still reach. */
  readonly lowest: readonly number[];
}

/** A chunk that is changed. */
interface OpenChunk {
  readonly sizeMs: number;
  readonly firstBucket: number;
  /** By place: as it was stored, or opened. */
  readonly tiles: (Uint8Array | Tile | undefined)[];
}

/**
 * Opens tiles in what is stored of one entity, by field. Neighbours that nobody opens keep their bytes; those
 * that no read can reach are left out.
 */
export function openChunks(
  stored: ReadonlyMap<string, Uint8Array | undefined>,
  { codec, span, levels, empty, lowest }: ChunkContext,
): { readonly open: OpenTile; written(): (readonly [field: string, bytes: Uint8Array])[] } {
  const chunks = new Map<string, OpenChunk>();
  const reader = createChunkReader(span);

  function openChunk(level: number, number: number): OpenChunk {
    const field = chunkField(level, number);
    let chunk = chunks.get(field);
    if (chunk === undefined) {
      const firstBucket = number * span;
      chunk = {
        sizeMs: levels[level].sizeMs,
        firstBucket,
        tiles: new Array<undefined>(span).fill(undefined),
      };
      const bytes = stored.get(field);
      if (bytes !== undefined) {
        reader.open(bytes);
        while (reader.next()) {
          if (firstBucket + reader.place < lowest[level]) continue;
          chunk.tiles[reader.place] = reader.bytes.subarray(reader.at, reader.end);
        }
      }
      chunks.set(field, chunk);
    }
    return chunk;
  }

  function open(level: number, bucket: number): Tile | undefined {
    if (bucket < lowest[level]) return undefined;
    const { sizeMs, firstBucket, tiles } = openChunk(level, chunkOf(bucket, span));
    const place = bucket - firstBucket;
    const found = tiles[place];
    if (found !== undefined && !(found instanceof Uint8Array)) return found;
    const tile = found === undefined ? empty() : codec.decode(found, bucket * sizeMs);
    tiles[place] = tile;
    return tile;
  }

  return {
    open,
    written: () =>
      [...chunks].map(([field, { tiles, firstBucket, sizeMs }]) => [
        field,
        writeChunk(
          tiles.map((tile, place) =>
            tile === undefined || tile instanceof Uint8Array
              ? tile
              : codec.encode(tile, (firstBucket + place) * sizeMs),
          ),
        ),
      ]),
  };
}
