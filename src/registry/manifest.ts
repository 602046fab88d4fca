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
  type Shape,
} from "./json-shape.js";
import { namePattern } from "./names.js";

/** The format that this version writes and reads. */
export const packageFormat = 2;

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

/** What every package says of itself. Equal facts and files give an equal package id: no times, no run ids. */
type CommonFacts = {
  readonly model: string;
  /** What wrote the package. */
  readonly producer: { readonly name: string; readonly version: string };
};

/** What a model that was trained here was made from. */
export type FeatureFacts = CommonFacts & {
  readonly kind: "features";
  readonly signature: Signature;
  /** Canonical definition of the feature set and its hash. */
  readonly features: { readonly hash: string; readonly definition: Canonical };
  /** Id of the dataset version. */
  readonly dataset: string;
  readonly split: Canonical;
  readonly trainer: { readonly name: string; readonly options: Canonical };
  readonly seed: number;
  readonly metrics: Readonly<Record<string, number>>;
};

/** Inputs and outputs of a graph from elsewhere, as the graph declares them. */
export type TensorSignature = {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
};

/** What the head of an ONNX file says of itself. Foreign texts: nobody checked them. */
export type GraphHeader = {
  /** Name and version of the program that wrote it; empty when it does not say. */
  readonly producer: string;
  readonly irVersion: number;
  /** Operator sets by domain; the empty domain is ONNX itself. */
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly doc: string;
};

/** What is known of a graph that was brought from elsewhere: neither data, nor trainer, nor metrics. */
export type TensorFacts = CommonFacts & {
  readonly kind: "tensors";
  readonly signature: TensorSignature;
  /** Null when the engine reads the file and its head cannot be read. */
  readonly graph: GraphHeader | null;
};

/** The files that a package consists of, besides the manifest itself, in their order. */
export const packageFileNames = ["model.onnx", "card.md", "probes.json", "reference-profile.json"] as const;
export type PackageFileName = (typeof packageFileNames)[number];

export type FileEntry = {
  /** SHA-256 of the bytes in lower-case hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
};

/** `manifest.json`. Its SHA-256 is the package's id. */
export type Manifest = FeatureManifest | TensorManifest;

export interface FeatureManifest extends FeatureFacts {
  readonly format: typeof packageFormat;
  readonly files: Readonly<Record<PackageFileName, FileEntry>>;
}

/** Without training rows there is no reference profile. */
export interface TensorManifest extends TensorFacts {
  readonly format: typeof packageFormat;
  readonly files: Readonly<Record<Exclude<PackageFileName, "reference-profile.json">, FileEntry>>;
}

/** Every file of a package with what the manifest says of it. */
export function filesOf({ files }: Manifest): (readonly [name: PackageFileName, entry: FileEntry])[] {
  const entries: Readonly<Partial<Record<PackageFileName, FileEntry>>> = files;
  return packageFileNames.flatMap((name) => {
    const entry = entries[name];
    return entry === undefined ? [] : [[name, entry] as const];
  });
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

const common = {
  format: oneOf(packageFormat),
  model: matching(namePattern, "a model name"),
  producer: objectOf<CommonFacts["producer"]>({ name: text, version: text }),
};
const files = { "model.onnx": file, "card.md": file, "probes.json": file };

const featureManifest = objectOf<FeatureManifest>({
  ...common,
  kind: oneOf("features"),
  signature: objectOf<Signature>({
    inputs: listOf(tensor, 1),
    columns: listOf(column, 1),
    outputs: listOf(tensor, 1),
  }),
  features: objectOf<FeatureFacts["features"]>({ hash, definition: anyJson }),
  dataset: text,
  split: anyJson,
  trainer: objectOf<FeatureFacts["trainer"]>({ name: text, options: anyJson }),
  seed: integer,
  metrics: mapOf(number),
  files: objectOf<FeatureManifest["files"]>({ ...files, "reference-profile.json": file }),
});

const tensorManifest = objectOf<TensorManifest>({
  ...common,
  kind: oneOf("tensors"),
  signature: objectOf<TensorSignature>({ inputs: listOf(tensor, 1), outputs: listOf(tensor, 1) }),
  graph: orNull(
    objectOf<GraphHeader>({
      producer: anyText,
      irVersion: integer,
      operatorSets: mapOf(integer),
      doc: anyText,
    }),
  ),
  files: objectOf<TensorManifest["files"]>(files),
});

const manifestShape: Shape<Manifest> = (value, at, problems): value is Manifest => {
  const isTensors =
    typeof value === "object" && value !== null && "kind" in value && value.kind === "tensors";
  return isTensors ? tensorManifest(value, at, problems) : featureManifest(value, at, problems);
};

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
