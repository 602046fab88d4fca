import type { FieldKind } from "../../kernel/index.js";
import { timestampOfMs } from "./sql.js";

/** How a column of a source becomes a column of canonical Parquet. */
export interface Conversion {
  /** The canonical value; null where the value cannot be read. */
  readonly value: string;
  /** The value as text, null where it is missing. Absent when every value can be read. */
  readonly raw?: string;
}

const integers = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const narrowIntegers = /^U?(TINYINT|SMALLINT|INTEGER)$/;
const decimals = /^(FLOAT|DOUBLE|DECIMAL\(.*\))$/;
const times = /^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/;

/** Texts that are whole numbers, such as `33`, `-7` and `33.0`. */
const wholeText = (text: string) => String.raw`regexp_full_match(${text}, '[+-]?[0-9]+(\.0*)?')`;
/** Whole numbers that a double holds exactly: every number of a table is one. */
const exact = (value: string) =>
  `CASE WHEN (${value}) BETWEEN -9007199254740991 AND 9007199254740991 THEN ${value} END`;
const notNaN = (value: string) => `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END`;
const wholeOfDouble = (value: string) =>
  `CASE WHEN abs(${value}) < 9.3e18 AND ${value} = floor(${value}) THEN ${value}::BIGINT END`;
/** `epoch_ms` of anything finer rounds towards the past, and infinite times are no times. */
const msOfTime = (time: string) =>
  timestampOfMs(`CASE WHEN isfinite(${time}) THEN (floor(epoch_us(${time}) / 1000.0))::BIGINT END`);
const timeOfText = (text: string) => msOfTime(`TRY_CAST(${text} AS TIMESTAMPTZ)`);

const wholeOf = (text: string) => `CASE WHEN ${wholeText(text)} THEN TRY_CAST(${text} AS BIGINT) END`;

/** Conversion of a typed column of a Parquet file; undefined when the types do not fit. */
export function fromTyped(kind: FieldKind, type: string, column: string): Conversion | undefined {
  const raw = `${column}::VARCHAR`;
  switch (kind) {
    case "int":
      if (narrowIntegers.test(type)) return { value: `${column}::BIGINT` };
      if (integers.test(type)) return { value: exact(`TRY_CAST(${column} AS BIGINT)`), raw };
      if (!decimals.test(type)) return undefined;
      return {
        value: exact(wholeOfDouble(`${column}::DOUBLE`)),
        raw: `nullif(${column}::DOUBLE, 'NaN')::VARCHAR`,
      };
    case "float":
      if (!decimals.test(type) && !integers.test(type)) return undefined;
      return { value: notNaN(`${column}::DOUBLE`) };
    case "bool":
      return type === "BOOLEAN" ? { value: column } : undefined;
    case "timestamp":
      return times.test(type) ? { value: msOfTime(column), raw } : undefined;
    case "string":
      return type === "VARCHAR" || type.startsWith("ENUM(") ? { value: raw } : undefined;
  }
}

/** Conversion of a text of a CSV file. `nan` is missing where a value may be, and no number elsewhere. */
export function fromText(kind: FieldKind, text: string, nullable: boolean): Conversion {
  switch (kind) {
    case "int":
      return { value: exact(wholeOf(text)), raw: text };
    case "float": {
      const raw = nullable ? `CASE WHEN lower(${text}) <> 'nan' THEN ${text} END` : text;
      return { value: notNaN(`TRY_CAST(${text} AS DOUBLE)`), raw };
    }
    case "bool":
      return {
        value: `CASE lower(${text}) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END`,
        raw: text,
      };
    case "timestamp":
      return { value: timeOfText(text), raw: text };
    case "string":
      return { value: text };
  }
}

/** Conversion of a JSON value: numbers, texts and booleans are not taken for one another. */
export function fromJson(kind: FieldKind, column: string): Conversion {
  const text = `(${column} ->> '$')`;
  const number = `json_type(${column}) IN ('BIGINT', 'UBIGINT', 'DOUBLE')`;
  const string = `json_type(${column}) = 'VARCHAR'`;
  const raw = `CASE WHEN json_type(${column}) <> 'NULL' THEN ${text} END`;
  switch (kind) {
    case "int": {
      const whole = `CASE WHEN ${wholeText(text)} THEN TRY_CAST(${text} AS BIGINT) ELSE ${wholeOfDouble(`TRY_CAST(${text} AS DOUBLE)`)} END`;
      return { value: exact(`CASE WHEN ${number} THEN ${whole} END`), raw };
    }
    case "float":
      return { value: `CASE WHEN ${number} THEN TRY_CAST(${text} AS DOUBLE) END`, raw };
    case "bool":
      return { value: `CASE WHEN json_type(${column}) = 'BOOLEAN' THEN ${text} = 'true' END`, raw };
    case "timestamp": {
      const epochMs = `CASE WHEN ${number} AND ${wholeText(text)} THEN TRY_CAST(${text} AS BIGINT) END`;
      return {
        value: `CASE WHEN ${string} THEN ${timeOfText(text)} ELSE ${timestampOfMs(epochMs)} END`,
        raw,
      };
    }
    case "string":
      return { value: `CASE WHEN ${string} THEN ${text} END`, raw };
  }
}

/** What people call the types that a kind can be read from. */
export const readableTypes: Readonly<Record<FieldKind, string>> = {
  int: "whole numbers",
  float: "numbers",
  bool: "true or false",
  timestamp: "dates or timestamps",
  string: "texts",
};
