import { Buffer } from "node:buffer";
import { cellAlgebras, joinWide, splitWide } from "./cell-algebra.js";
import { cellOperations, type SlotPlan } from "./slots.js";

/** Bytes that are read from `at` up to `end`. */
export interface ByteReader {
  readonly view: DataView;
  at: number;
  readonly end: number;
}

/** Where the cells of a tile go, and when its time begins. */
export interface CellTarget {
  readonly cells: Float64Array;
  at: number;
  startMs: number;
}

/**
 * The cells of a tile as bytes, little-endian. Cells of one meaning (all counts, all sums, all minima) stand
 * together as a group: one byte that says how, then its values in as few bytes as the widest of them needs,
 * or one value when all are equal. Exact, to the last bit.
 */
export interface CellCodec {
  encode(cells: Float64Array, startMs: number): Buffer;
  /** Reads one tile's cells; false for bytes that are none. */
  decodeInto(reader: ByteReader, target: CellTarget): boolean;
}

/** Cells of one meaning. */
interface CellGroup {
  /** Wide numbers are two cells, of which `places` holds the first; times count from the tile's start. */
  readonly kind: "plain" | "wide" | "time";
  readonly places: Int32Array;
  /** The cell of no events, which is written as the lowest whole number of a width. */
  readonly identity: number;
}

/** Bytes of a value: whole numbers, a double, or the two doubles of a wide number. */
type Width = 1 | 2 | 4 | 8 | 16;
/** Added to the width of a group whose values are all equal. */
const equalFlag = 0x80;

/** Compiles the codec of a plan's cells. */
export function createCellCodec(plan: SlotPlan): CellCodec {
  const groups = groupCells(plan);
  const largest = Math.max(0, ...groups.map(({ places }) => places.length));
  const values = new Float64Array(largest);
  const scratch = Buffer.alloc(groups.reduce((size, { places }) => size + 1 + 16 * places.length, 0));
  const written = new DataView(scratch.buffer, scratch.byteOffset, scratch.byteLength);

  return Object.freeze({
    encode(cells: Float64Array, startMs: number): Buffer {
      let end = 0;
      for (const group of groups) end = writeGroup(written, end, { group, cells, startMs, values });
      return Buffer.from(scratch.subarray(0, end));
    },
    decodeInto(reader: ByteReader, target: CellTarget): boolean {
      for (let g = 0; g < groups.length; g++) {
        if (!readGroup(reader, groups[g], target, values)) return false;
      }
      return true;
    },
  });
}

function groupCells(plan: SlotPlan): CellGroup[] {
  const groups = new Map<string, { kind: CellGroup["kind"]; identity: number; places: number[] }>();
  cellOperations(plan).forEach((operation, slot) => {
    const { identity } = cellAlgebras[operation];
    const wide = operation === "sum" || operation === "squares";
    const edge = operation === "first" || operation === "last";
    for (let c = 0; c < (wide ? 1 : identity.length); c++) {
      const kind = wide ? "wide" : edge && c === 0 ? "time" : "plain";
      const name = `${operation} ${c}`;
      const group = groups.get(name) ?? { kind, identity: identity[c], places: [] };
      group.places.push(plan.cellAt[slot] + c);
      groups.set(name, group);
    }
  });
  return [...groups.values()].map(({ places, ...group }) => ({ ...group, places: Int32Array.from(places) }));
}

interface Writing {
  readonly group: CellGroup;
  readonly cells: Float64Array;
  readonly startMs: number;
  /** Scratch. */
  readonly values: Float64Array;
}

function writeGroup(view: DataView, at: number, writing: Writing): number {
  const { group, cells, startMs, values } = writing;
  const { places, identity } = group;
  const width = widthOf(writing);
  const count = isEqual(values, places.length) && width < 16 ? 1 : places.length;
  view.setUint8(at++, width + (count < places.length ? equalFlag : 0));
  const baseMs = group.kind === "time" ? startMs : 0;
  for (let j = 0; j < count; j++, at += width) {
    if (width === 16) {
      view.setFloat64(at, cells[places[j]], true);
      view.setFloat64(at + 8, cells[places[j] + 1], true);
    } else if (width === 8) view.setFloat64(at, values[j], true);
    else {
      const whole = Object.is(values[j], identity) ? lowestOf[width] : values[j] - baseMs;
      if (width === 1) view.setInt8(at, whole);
      else if (width === 2) view.setInt16(at, whole, true);
      else view.setInt32(at, whole, true);
    }
  }
  return at;
}

const lowestOf = { 1: -(2 ** 7), 2: -(2 ** 15), 4: -(2 ** 31) } as const;

/** Collects the values of a group, and how many bytes the widest of them needs. */
function widthOf({ group: { kind, places, identity }, cells, startMs, values }: Writing): Width {
  const baseMs = kind === "time" ? startMs : 0;
  let largest = 0;
  let whole = true;
  for (let j = 0; j < places.length; j++) {
    const value = kind === "wide" ? joinWide(cells, places[j]) : cells[places[j]];
    if (value === undefined) return 16;
    values[j] = value;
    if (Object.is(value, identity)) continue;
    const units = value - baseMs;
    // −0 is no whole number here, for its sign would be lost; nor is a sum that rounds.
    whole &&= Object.is(units | 0, units) && units + baseMs === value;
    largest = Math.max(largest, Math.abs(units));
  }
  if (!whole || largest >= 2 ** 31) return 8;
  return largest < 2 ** 7 ? 1 : largest < 2 ** 15 ? 2 : 4;
}

function isEqual(values: Float64Array, count: number): boolean {
  for (let j = 1; j < count; j++) if (!Object.is(values[j], values[0])) return false;
  return true;
}

// eslint-disable-next-line @typescript-eslint/max-params -- the hottest path: it allocates nothing
function readGroup(reader: ByteReader, group: CellGroup, target: CellTarget, values: Float64Array): boolean {
  const { places, kind } = group;
  const { cells, at: base, startMs } = target;
  if (reader.at >= reader.end) return false;
  const code = reader.view.getUint8(reader.at);
  const width = code & ~equalFlag;
  const count = code === width ? places.length : 1;
  const from = reader.at + 1;
  reader.at = from + count * width;
  if (reader.at > reader.end) return false;
  if (width === 16 && kind === "wide" && code === width) {
    for (let j = 0; j < count; j++) {
      cells[base + places[j]] = reader.view.getFloat64(from + 16 * j, true);
      cells[base + places[j] + 1] = reader.view.getFloat64(from + 16 * j + 8, true);
    }
    return true;
  }
  const offset = kind === "time" ? startMs : 0;
  if (!readValues(reader.view, from, { width, count, offset, identity: group.identity, values }))
    return false;
  const last = count - 1;
  if (kind === "wide") {
    for (let j = 0; j < places.length; j++) splitWide(values[j < last ? j : last], cells, base + places[j]);
  } else {
    for (let j = 0; j < places.length; j++) cells[base + places[j]] = values[j < last ? j : last];
  }
  return true;
}

interface Reading {
  readonly width: number;
  readonly count: number;
  readonly offset: number;
  readonly identity: number;
  readonly values: Float64Array;
}

/** False for a width that no group is written in. */
function readValues(view: DataView, from: number, reading: Reading): boolean {
  const { width, count, offset, identity, values } = reading;
  switch (width) {
    case 1:
      for (let j = 0; j < count; j++) {
        const whole = view.getInt8(from + j);
        values[j] = whole === lowestOf[1] ? identity : whole + offset;
      }
      return true;
    case 2:
      for (let j = 0; j < count; j++) {
        const whole = view.getInt16(from + 2 * j, true);
        values[j] = whole === lowestOf[2] ? identity : whole + offset;
      }
      return true;
    case 4:
      for (let j = 0; j < count; j++) {
        const whole = view.getInt32(from + 4 * j, true);
        values[j] = whole === lowestOf[4] ? identity : whole + offset;
      }
      return true;
    case 8:
      for (let j = 0; j < count; j++) values[j] = view.getFloat64(from + 8 * j, true);
      return true;
    default:
      return false;
  }
}
