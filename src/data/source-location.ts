import type { Canonical } from "../kernel/index.js";
import { dataErrors } from "./errors.js";
import { rejectUnknownKeys } from "./options.js";

interface LocationBase {
  /** As it was written; relative paths start at the project's folder. */
  readonly path: string;
  /** Only the first so many rows. */
  readonly rows?: number;
}

/** A file with rows, and how to read it. */
export type SourceLocation =
  | (LocationBase & { readonly format: "parquet" })
  | (LocationBase & {
      readonly format: "csv";
      /** One character between the fields. */
      readonly delimiter: string;
      /** The text that stands for null, beside the empty field. */
      readonly nullText: string;
    })
  | (LocationBase & { readonly format: "json" });

export interface LocationOptions {
  /** Read only the first so many rows; all by default. */
  readonly rows?: number;
}

export interface CsvOptions extends LocationOptions {
  /** One character between the fields; `,` by default. */
  readonly delimiter?: string;
  /** A text that stands for null like the empty field does; none by default. */
  readonly nullText?: string;
}

/** A Parquet file. */
export function parquet(path: string, options: LocationOptions = {}): SourceLocation {
  return Object.freeze({ format: "parquet", ...base("parquet", path, options) });
}

/** A CSV file with a header line, in UTF-8, fields quoted by `"`. Throws MW0206. */
export function csv(path: string, options: CsvOptions = {}): SourceLocation {
  const common = base("csv", path, options);
  const { delimiter = ",", nullText = "" } = options;
  if (typeof delimiter !== "string" || delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw badOption("csv", "a delimiter of one character, not a quote or a line end", delimiter);
  }
  if (typeof nullText !== "string") throw badOption("csv", "a text for nullText", nullText);
  return Object.freeze({ format: "csv", ...common, delimiter, nullText });
}

/** A JSON file: one object per line, or one array of objects. Throws MW0206. */
export function json(path: string, options: LocationOptions = {}): SourceLocation {
  return Object.freeze({ format: "json", ...base("json", path, options) });
}

/** The plain form of how a file is read: everything that makes a difference but the path. */
export function readingJson(location: SourceLocation): Canonical {
  const { path: _, ...reading } = location;
  return reading;
}

function base(reader: string, path: string, options: LocationOptions): LocationBase {
  if (typeof path !== "string" || path === "") throw badOption(reader, "the path of a file", path);
  const { rows } = options;
  const valid = reader === "csv" ? ["rows", "delimiter", "nullText"] : ["rows"];
  rejectUnknownKeys(options, valid, `options of ${reader}()`);
  if (rows === undefined) return { path };
  if (!Number.isSafeInteger(rows) || rows < 1) throw badOption(reader, "a whole number of rows from 1", rows);
  return { path, rows };
}

function badOption(reader: string, expected: string, found: unknown) {
  return dataErrors.error("MW0206", {
    expected: `${expected} in ${reader}()`,
    found: JSON.stringify(found) ?? "nothing",
    remedy: `Mend the call of ${reader}() in the configuration.`,
  });
}
