import type { PartColumn } from "../../data/index.js";
import { chunkFields, dataFields, fileFields, groupFields, magic, schemaFields } from "./parquet-footer.js";
import { structIn, wholeIn, type FooterColumn } from "./parquet-footer.js";
import { encodings, pageTypes } from "./parquet-pages.js";
import { i32, i32s, i64, structs, text, texts, thriftStruct, writeThrift } from "./thrift.js";
import type { ThriftStruct, ThriftValue } from "./thrift.js";

/** A row group of a file in the making. */
export interface OutputGroup {
  readonly rowCount: number;
  readonly chunks: readonly ThriftStruct[];
}

export type ComputedColumn = Pick<PartColumn, "name" | "type">;

/** Where the pages of a computed column lie, and how much there is of them. */
interface ChunkCounts {
  readonly at: number;
  readonly values: number;
  readonly rawBytes: number;
  readonly size: number;
}

/** How often a value may stand, and what a list is called, in Parquet's numbering. */
const repetition = { required: 0, optional: 1, repeated: 2 } as const;
const convertedList = 3;
const listPath = ["list", "element"] as const;

/** A chunk of pages that `encodePage` made. */
export function chunkOf({ name, type }: ComputedColumn, counts: ChunkCounts): ThriftStruct {
  const { physical, codec, list } = pageTypes[type];
  const { at, values, rawBytes, size } = counts;
  const fields = thriftStruct({
    [dataFields.type]: i32(physical),
    [dataFields.encodings]: i32s(encodings),
    [dataFields.path]: texts([name, ...(list ? listPath : [])]),
    [dataFields.codec]: i32(codec),
    [dataFields.values]: i64(values),
    [dataFields.rawSize]: i64(rawBytes),
    [dataFields.size]: i64(size),
    [dataFields.page]: i64(at),
  });
  return thriftStruct({ [chunkFields.offset]: i64(at), [chunkFields.data]: { kind: "struct", fields } });
}

function schemaOf({ name, type }: ComputedColumn): readonly ThriftStruct[] {
  const { physical, converted, list } = pageTypes[type];
  const value = (called: string, stands: number) =>
    thriftStruct({
      [schemaFields.type]: i32(physical),
      [schemaFields.repetition]: i32(stands),
      [schemaFields.name]: text(called),
      ...(converted === undefined ? {} : { [schemaFields.converted]: i32(converted) }),
    });
  if (!list) return [value(name, repetition.optional)];
  const group = (called: string, stands: number, converted?: number) =>
    thriftStruct({
      [schemaFields.repetition]: i32(stands),
      [schemaFields.name]: text(called),
      [schemaFields.children]: i32(1),
      ...(converted === undefined ? {} : { [schemaFields.converted]: i32(converted) }),
    });
  return [
    group(name, repetition.optional, convertedList),
    group(listPath[0], repetition.repeated),
    value(listPath[1], repetition.required),
  ];
}

export interface OutputSchema {
  readonly carried: readonly FooterColumn[];
  /** How minima and maxima of the file that is carried are meant, by leaf. */
  readonly orders: readonly ThriftValue[] | undefined;
  readonly computed: readonly ComputedColumn[];
  /** What the file says of itself. */
  readonly facts: Readonly<Record<string, string>>;
}

const formatVersion = 1;
const writer = "millwright";
/** Minima and maxima in the order that the type defines. */
const typeOrder: ThriftValue = {
  kind: "struct",
  fields: thriftStruct({ 1: { kind: "struct", fields: new Map() } }),
};

/** The end of a file: its footer, the length of that, and the mark. */
export function footerBytes(groups: readonly OutputGroup[], schema: OutputSchema): Uint8Array {
  const { carried, computed, facts } = schema;
  const root = thriftStruct({
    [schemaFields.name]: text("schema"),
    [schemaFields.children]: i32(carried.length + computed.length),
  });
  const elements = [root, ...carried.flatMap((column) => column.schema), ...computed.flatMap(schemaOf)];
  const pairs = Object.entries(facts).map(([key, value]) => thriftStruct({ 1: text(key), 2: text(value) }));
  const footer = writeThrift(
    thriftStruct({
      [fileFields.version]: i32(formatVersion),
      [fileFields.schema]: structs(elements),
      [fileFields.rows]: i64(groups.reduce((sum, { rowCount }) => sum + rowCount, 0)),
      [fileFields.groups]: structs(groups.map(groupStruct)),
      [fileFields.facts]: structs(pairs),
      [fileFields.by]: text(writer),
      [fileFields.orders]: ordersOf(schema),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([footer, length, magic]);
}

function ordersOf({ carried, orders, computed }: OutputSchema): ThriftValue | undefined {
  const leaves = carried.flatMap((column) => column.leaves);
  if (orders === undefined && leaves.length > 0) return undefined;
  const items = [...leaves.flatMap((leaf) => orders?.[leaf] ?? []), ...computed.map(() => typeOrder)];
  return structs(items.flatMap((item) => (item.kind === "struct" ? [item.fields] : [])));
}

function groupStruct({ rowCount, chunks }: OutputGroup): ThriftStruct {
  const sum = (number: number) =>
    chunks.reduce((total, chunk) => {
      const data = structIn(chunk, chunkFields.data);
      return total + (data === undefined ? 0 : (wholeIn(data, number) ?? 0));
    }, 0);
  return thriftStruct({
    [groupFields.chunks]: structs(chunks),
    [groupFields.rawSize]: i64(sum(dataFields.rawSize)),
    [groupFields.rows]: i64(rowCount),
    [groupFields.size]: i64(sum(dataFields.size)),
  });
}
