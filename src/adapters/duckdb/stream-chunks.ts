import {
  DuckDBListVector,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  type DuckDBVector,
} from "@duckdb/node-api";
import type { NumberStream } from "../../data/index.js";
import type { FieldKind } from "../../kernel/index.js";
import { freeNumbers } from "./free-numbers.js";
import { openConnection } from "./session.js";
import { fromCanonical } from "./sql.js";

/** How far the engine reads ahead. DuckDB's own megabyte wakes its threads up for every few chunks. */
const aheadSize = "128MB";

interface Chunks {
  /** The next chunk that has rows; undefined behind the last. */
  next(): Promise<DuckDBDataChunk | undefined>;
  /** Resolves when nothing is asked of the connection any longer. */
  idle(): Promise<void>;
}

/** Starts a select. The engine makes the next rows while the caller has those before, `ahead` of them at most. */
export async function streamChunks(
  connection: DuckDBConnection,
  select: string,
  ahead = aheadSize,
): Promise<Chunks> {
  await connection.run(`SET streaming_buffer_size = '${ahead}'`);
  const result = await connection.stream(select);
  const fetchChunk = () => {
    const chunk = result.fetchChunk();
    // Whoever asks for it is told; a failure that nobody waits for yet must not end the process.
    chunk.catch(() => undefined);
    return chunk;
  };
  let coming = fetchChunk();
  return {
    async next() {
      const chunk = await coming;
      if (chunk === null || chunk.rowCount === 0) return undefined;
      coming = fetchChunk();
      return chunk;
    },
    idle: () =>
      coming.then(
        () => undefined,
        () => undefined,
      ),
  };
}

/** A column that is no text as a number without nulls; NaN in their place. */
export const numberSql = ({ quoted, kind }: { readonly quoted: string; readonly kind: FieldKind }): string =>
  `coalesce(${kind === "timestamp" ? `epoch_ms(${quoted})` : quoted}::DOUBLE, 'NaN'::DOUBLE)`;

/**
 * The elements of a vector without nulls. They lie in a typed array that has no public name; to take each with
 * `getItem`, which any other version of the client still has, costs ten times as much.
 */
export function elementsOf(vector: DuckDBVector): Float64Array {
  const elements: unknown = Reflect.get(vector, "items");
  if (elements instanceof Float64Array) {
    return elements.length === vector.itemCount ? elements : elements.subarray(0, vector.itemCount);
  }
  return Float64Array.from({ length: vector.itemCount }, (_, i) => vector.getItem(i) as number);
}

/** The numbers of a vector of lists, one list after the other. */
function listedNumbers(vector: DuckDBVector): Float64Array {
  if (!(vector instanceof DuckDBListVector)) throw new TypeError("a vector of lists was expected");
  const numbers = elementsOf(vector.childVector);
  const last = vector.itemCount - 1;
  return numbers.subarray(
    vector.getEntryOffset(0),
    vector.getEntryOffset(last) + vector.getEntryLength(last),
  );
}

interface NumbersRequest {
  readonly path: string;
  readonly columns: readonly { readonly quoted: string; readonly kind: FieldKind }[];
}

/** Streams columns of numbers of canonical Parquet on a connection of its own. */
export async function streamNumbers(
  instance: DuckDBInstance,
  { path, columns }: NumbersRequest,
): Promise<NumberStream> {
  const { connection, attempt } = await openConnection(instance);
  try {
    // One vector for all columns: to take many small ones out of a chunk costs more than to copy their numbers.
    const select = `list_value(${columns.map(numberSql).join(", ")})`;
    const chunks = await attempt(streamChunks(connection, `SELECT ${select} FROM ${fromCanonical(path)}`));
    let read: Float64Array | undefined;
    return {
      async next() {
        if (read !== undefined) freeNumbers([read]);
        const chunk = await attempt(chunks.next());
        read = chunk && listedNumbers(chunk.getColumnVector(0));
        return read;
      },
      async close() {
        connection.interrupt();
        await chunks.idle();
        connection.closeSync();
      },
    };
  } catch (error) {
    connection.closeSync();
    throw error;
  }
}
