import type { Canonical } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import {
  anyJson,
  anyText,
  checkShape,
  count,
  integer,
  listOf,
  mapOf,
  matching,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  parseCanonical,
  text,
} from "./json-shape.js";
import { namePattern } from "./names.js";

/** The format that this version writes and reads. */
export const packageFormat = 1;

/** A tensor of the graph. A dimension of null is free; the first one counts rows. */
export type TensorSpec = {
  readonly name: string;
  /** ONNX element type: `float32`, `string`, … */
  readonly dtype: string;
  readonly shape: readonly (number | null)[];
};

/**
 * A feature as the graph sees it. Columns of kind `number` fill the input `numeric`, columns of kind
 * `text` the input `text`, each in the order of the list.
 */
export type FeatureColumn = {
  readonly name: string;
  readonly kind: "number" | "text";
  readonly origin: "window" | "request" | "derived";
  readonly meaning?: string | undefined;
};

export type Signature = {
  readonly inputs: readonly TensorSpec[];
  readonly columns: readonly FeatureColumn[];
  readonly outputs: readonly TensorSpec[];
};

/** What a package was made from. Equal facts and files give an equal package id: no times, no run ids. */
export type PackageFacts = {
  readonly model: string;
  readonly signature: Signature;
  /** Canonical definition of the feature set and its hash. */
  readonly features: { readonly hash: string; readonly definition: Canonical };
  /** Id of the dataset version. */
  readonly dataset: string;
  readonly split: Canonical;
  readonly trainer: { readonly name: string; readonly options: Canonical };
  readonly seed: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** What wrote the package. */
  readonly producer: { readonly name: string; readonly version: string };
};

/** The files that a package consists of, besides the manifest itself. */
export const packageFileNames = ["model.onnx", "card.md", "probes.json", "reference-profile.json"] as const;
export type PackageFileName = (typeof packageFileNames)[number];

export type FileEntry = {
  /** SHA-256 of the bytes in lower-case hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
};

/** `manifest.json`. Its SHA-256 is the package's id. */
export interface Manifest extends PackageFacts {
  readonly format: typeof packageFormat;
  readonly files: Readonly<Record<PackageFileName, FileEntry>>;
}

const hash = matching(/^[0-9a-f]{64}$/, "a SHA-256 in lower-case hexadecimal");
const tensor = objectOf<TensorSpec>({ name: text, dtype: text, shape: listOf(orNull(count)) });
const column = objectOf<FeatureColumn>({
  name: text,
  kind: oneOf("number", "text"),
  origin: oneOf("window", "request", "derived"),
  meaning: optional(anyText),
});
const file = objectOf<FileEntry>({ sha256: hash, sizeBytes: count });

const manifestShape = objectOf<Manifest>({
  format: oneOf(packageFormat),
  model: matching(namePattern, "a model name"),
  signature: objectOf<Signature>({
    inputs: listOf(tensor, 1),
    columns: listOf(column, 1),
    outputs: listOf(tensor, 1),
  }),
  features: objectOf<PackageFacts["features"]>({ hash, definition: anyJson }),
  dataset: text,
  split: anyJson,
  trainer: objectOf<PackageFacts["trainer"]>({ name: text, options: anyJson }),
  seed: integer,
  metrics: mapOf(number),
  producer: objectOf<PackageFacts["producer"]>({ name: text, version: text }),
  files: objectOf<Manifest["files"]>({
    "model.onnx": file,
    "card.md": file,
    "probes.json": file,
    "reference-profile.json": file,
  }),
});

/** Reads the bytes of `manifest.json`. Throws MW0606 when malformed, MW0607 for another format. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseCanonical("manifest.json", bytes);
  const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  if (typeof format === "number" && format !== packageFormat) {
    throw registryErrors.error("MW0607", {
      expected: `package format ${packageFormat}`,
      found: `format ${format}`,
      remedy: "Use a version of Millwright that reads this format.",
      details: { format },
    });
  }
  return checkShape("manifest.json", value, manifestShape);
}
