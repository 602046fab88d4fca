import { open } from "node:fs/promises";
import { readThrift, type ThriftStruct, type ThriftValue } from "./thrift.js";

/** A column of a Parquet file, with what is below it. */
export interface FooterColumn {
  readonly name: string;
  /** It and what is below it in the schema. */
  readonly schema: readonly ThriftStruct[];
  /** Which of the chunks of every row group are its. */
  readonly leaves: readonly number[];
}

/** What a Parquet file says of its columns and where they lie. */
export interface Footer {
  readonly columns: readonly FooterColumn[];
  readonly groups: readonly { readonly rowCount: number; readonly chunks: readonly ThriftStruct[] }[];
  /** How minima and maxima are meant, by leaf; old files do not say. */
  readonly orders: readonly ThriftValue[] | undefined;
}

export const magic = Buffer.from("PAR1");
const tailBytes = 8;
/** A larger footer is left to the engine: as a tree it takes some thirty times its size. */
const largestFooterBytes = 4 << 20;

/** Numbers of fields: apache/parquet-format, parquet.thrift. */
export const fileFields = { version: 1, schema: 2, rows: 3, groups: 4, facts: 5, by: 6, orders: 7 } as const;
export const groupFields = { chunks: 1, rawSize: 2, rows: 3, size: 6 } as const;
export const chunkFields = { path: 1, offset: 2, data: 3 } as const;
export const dataFields = {
  ...{ type: 1, encodings: 2, path: 3, codec: 4, values: 5, rawSize: 6, size: 7, page: 9 },
  ...{ indexPage: 10, dictionary: 11, bloomAt: 14, bloomSize: 15 },
} as const;
export const schemaFields = { type: 1, repetition: 3, name: 4, children: 5, converted: 6 } as const;

export function wholeIn(struct: ThriftStruct, number: number): number | undefined {
  const value = struct.get(number);
  return value?.kind === "i32" || value?.kind === "i64" ? Number(value.value) : undefined;
}

export function structIn(struct: ThriftStruct, number: number): ThriftStruct | undefined {
  const value = struct.get(number);
  return value?.kind === "struct" ? value.fields : undefined;
}

function listIn(struct: ThriftStruct, number: number): readonly ThriftValue[] | undefined {
  const value = struct.get(number);
  return value?.kind === "list" ? value.items : undefined;
}

const structsIn = (struct: ThriftStruct, number: number): readonly ThriftStruct[] =>
  (listIn(struct, number) ?? []).flatMap((item) => (item.kind === "struct" ? [item.fields] : []));

/**
 * The footer of a Parquet file whose chunks can be carried to another as they are; undefined of one where they cannot:
 * encrypted, in several files, or not understood.
 */
export async function readFooter(path: string): Promise<Footer | undefined> {
  const bytes = await footerBytes(path);
  if (bytes === undefined) return undefined;
  try {
    return footerOf(readThrift(bytes));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

async function footerBytes(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(tailBytes);
    if (size < tailBytes + magic.length) return undefined;
    await file.read(tail, 0, tailBytes, size - tailBytes);
    const length = tail.readUInt32LE();
    if (!tail.subarray(4).equals(magic) || length > Math.min(largestFooterBytes, size - tailBytes))
      return undefined;
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, size - tailBytes - length);
    return bytes;
  } finally {
    await file.close();
  }
}

function footerOf(file: ThriftStruct): Footer | undefined {
  const columns = columnsOf(structsIn(file, fileFields.schema));
  const leafCount = columns.reduce((sum, { leaves }) => sum + leaves.length, 0);
  const groups = structsIn(file, fileFields.groups).map((group) => ({
    rowCount: wholeIn(group, groupFields.rows) ?? 0,
    chunks: structsIn(group, groupFields.chunks),
  }));
  const orders = listIn(file, fileFields.orders);
  const understood = groups.every(
    ({ chunks }) => chunks.length === leafCount && chunks.every((chunk) => placeOf(chunk) !== undefined),
  );
  if (!understood || (orders !== undefined && orders.length !== leafCount)) return undefined;
  return { columns, groups, orders };
}

/** The schema is a tree, written from the top with the number of children of each. */
function columnsOf([root, ...elements]: readonly ThriftStruct[]): readonly FooterColumn[] {
  const columns: FooterColumn[] = [];
  let at = 0;
  let leaf = 0;
  const take = () => {
    const first = at;
    const leaves: number[] = [];
    for (let open = 1; open > 0; open--) {
      if (at >= elements.length) throw new RangeError("a schema that ends within a column");
      const children = wholeIn(elements[at++], schemaFields.children) ?? 0;
      if (children === 0) leaves.push(leaf++);
      open += children;
    }
    const schema = elements.slice(first, at);
    const name = schema[0].get(schemaFields.name);
    columns.push({ name: name?.kind === "binary" ? Buffer.from(name.value).toString() : "", schema, leaves });
  };
  while (root !== undefined && at < elements.length) take();
  return columns;
}

/** Where the pages of a chunk lie, its dictionary first; undefined where they are not in this file or not plain to see. */
export function placeOf(chunk: ThriftStruct): { readonly at: number; readonly size: number } | undefined {
  const data = structIn(chunk, chunkFields.data);
  if (data === undefined || chunk.has(chunkFields.path)) return undefined;
  const size = wholeIn(data, dataFields.size);
  const page = wholeIn(data, dataFields.page);
  if (size === undefined || page === undefined || data.has(dataFields.indexPage)) return undefined;
  const dictionary = wholeIn(data, dataFields.dictionary) ?? 0;
  return { at: dictionary > 0 && dictionary < page ? dictionary : page, size };
}
