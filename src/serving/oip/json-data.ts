import {
  roomFor,
  type Datatype,
  type Elements,
  type FloatArray,
  type LongArray,
  type WholeArray,
} from "./datatypes.js";
import { oipErrors } from "../oip-errors.js";
import { badData, shown } from "./refusals.js";

/** An input whose elements stand in the JSON. */
export interface JsonTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Flat, or nested at most as deep as the shape is long. */
  readonly data: readonly unknown[];
}

/**
 * The elements of an input, flat or nested, row-major. Floats may be null for NaN, or the texts "NaN", "Infinity" and
 * "-Infinity"; 64-bit numbers may be texts of their digits, and must be where JSON.parse rounds. Throws MW0818, and
 * MW0821 for FP16.
 */
export function readJsonData(tensor: JsonTensor, count: number): Elements {
  const { datatype, data } = tensor;
  // Before memory is taken for a shape that the data does not fill; nested data is told by its outermost dimension.
  if (data.length !== count && data.length !== tensor.shape[0]) throw wrongCount(tensor, count, data.length);
  const plan: Plan = { tensor, count, deepest: tensor.shape.length - 1 };
  switch (datatype.kind) {
    case "float":
      return readFloats(roomFor(datatype.array, room(plan)), plan);
    case "whole":
      return readWholes(roomFor(datatype.array, room(plan)), plan);
    case "long":
      return readLongs(roomFor(datatype.array, room(plan)), plan);
    case "bool":
      return readBooleans(roomFor(datatype.array, room(plan)), plan);
    case "text":
      return readTexts(plan);
    case "bits":
      throw oipErrors.error("MW0821", {
        expected: `${datatype.name} as binary data`,
        found: `JSON data in input ${shown(tensor.name)}`,
        remedy: "Send the input's bytes after the JSON, with the parameter binary_data_size.",
      });
  }
}

interface Plan {
  readonly tensor: JsonTensor;
  readonly count: number;
  /** Levels of arrays inside the outermost. */
  readonly deepest: number;
}

/** The count of elements, once the data is seen to hold so many: a shape alone takes no memory. */
function room({ tensor, count, deepest }: Plan): number {
  let found = 0;
  const add = (values: readonly unknown[], deeper: number): void => {
    if (deeper === 0 || !Array.isArray(values[0])) {
      found += values.length;
      return;
    }
    for (const value of values) {
      if (Array.isArray(value)) add(value, deeper - 1);
      else found++;
    }
  };
  if (tensor.data.length === count && !Array.isArray(tensor.data[0])) return count;
  add(tensor.data, deepest);
  if (found !== count) throw wrongCount(tensor, count, found);
  return count;
}

function readFloats(out: FloatArray, { tensor, deepest }: Plan): FloatArray {
  let at = 0;
  const read = (values: readonly unknown[], deeper: number): void => {
    const numbers = numbersInto(out, values, at);
    at += numbers;
    for (let i = numbers; i < values.length; i++) {
      const value = values[i];
      if (Array.isArray(value) && deeper > 0) read(value, deeper - 1);
      else out[at++] = typeof value === "number" ? value : oddFloat(value, tensor);
    }
  };
  read(tensor.data, deepest);
  return filled(out, at, tensor);
}

/**
 * Copies the numbers at the head of a list to the place `from` on, and tells how many they were. Most lists are
 * numbers alone, and this is the loop that every element goes through.
 */
function numbersInto(to: FloatArray, values: readonly unknown[], from: number): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "number") return i;
    to[from + i] = value;
  }
  return values.length;
}

function oddFloat(value: unknown, tensor: JsonTensor): number {
  if (value === null) return NaN;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw strange(tensor, value, "numbers");
}

function readWholes(out: WholeArray, { tensor, deepest }: Plan): WholeArray {
  let at = 0;
  const read = (values: readonly unknown[], deeper: number): void => {
    let next = at;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value === "number") {
        out[next] = value;
        // What the array's type cannot hold comes out as another number.
        if (out[next++] !== value) throw strange(tensor, value, `${tensor.datatype.name} numbers`);
      } else if (Array.isArray(value) && deeper > 0) {
        at = next;
        read(value, deeper - 1);
        next = at;
      } else throw strange(tensor, value, "whole numbers");
    }
    at = next;
  };
  read(tensor.data, deepest);
  return filled(out, at, tensor);
}

function readLongs(out: LongArray, { tensor, deepest }: Plan): LongArray {
  let at = 0;
  const read = (values: readonly unknown[], deeper: number): void => {
    for (const value of values) {
      if (Array.isArray(value) && deeper > 0) {
        read(value, deeper - 1);
        continue;
      }
      const long = longOf(value, tensor);
      out[at] = long;
      if (out[at++] !== long) throw strange(tensor, value, `${tensor.datatype.name} numbers`);
    }
  };
  read(tensor.data, deepest);
  return filled(out, at, tensor);
}

function longOf(value: unknown, tensor: JsonTensor): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw strange(tensor, value, "whole numbers");
}

function readBooleans(out: Uint8Array, { tensor, deepest }: Plan): Uint8Array {
  let at = 0;
  const read = (values: readonly unknown[], deeper: number): void => {
    for (const value of values) {
      if (typeof value === "boolean") out[at++] = value ? 1 : 0;
      else if (Array.isArray(value) && deeper > 0) read(value, deeper - 1);
      else throw strange(tensor, value, "true and false");
    }
  };
  read(tensor.data, deepest);
  return filled(out, at, tensor);
}

function readTexts({ tensor, count, deepest }: Plan): readonly string[] {
  const out: string[] = [];
  const read = (values: readonly unknown[], deeper: number): void => {
    for (const value of values) {
      if (typeof value === "string") out.push(value);
      else if (Array.isArray(value) && deeper > 0) read(value, deeper - 1);
      else throw strange(tensor, value, "texts");
    }
  };
  read(tensor.data, deepest);
  if (out.length !== count) throw wrongCount(tensor, count, out.length);
  return out;
}

function filled<Out extends FloatArray | WholeArray | LongArray>(
  out: Out,
  found: number,
  tensor: JsonTensor,
): Out {
  if (found === out.length) return out;
  throw wrongCount(tensor, out.length, found);
}

function wrongCount({ name, shape }: JsonTensor, count: number, found: number) {
  return badData(`${count} elements for shape [${shape.join(",")}] of input ${shown(name)}`, `${found}`);
}

function strange({ name, datatype }: JsonTensor, value: unknown, expected: string) {
  return badData(`${expected} in input ${shown(name)} of ${datatype.name}`, shown(value));
}
