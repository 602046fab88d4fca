import { canonicalJson, isMillwrightError, sha256, type BlobStore, type Canonical } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import { anyJson, checkShape, parseCanonical } from "./json-shape.js";
import {
  filesOf,
  packageFormat,
  parseManifest,
  type FeatureFacts,
  type FeatureManifest,
  type FileEntry,
  type Manifest,
  type PackageFileName,
  type TensorFacts,
  type TensorManifest,
} from "./manifest.js";
import { parseProbes, type ProbeSet } from "./probe.js";
import { parseTensorProbes, type TensorProbeSet } from "./tensor-probe.js";

interface CommonContents {
  /** The ONNX graph. */
  readonly model: Uint8Array;
  /** Markdown. */
  readonly card: string;
}

/** What goes into the package of a model that reads features. */
export interface FeatureContents extends CommonContents {
  readonly facts: FeatureFacts;
  readonly probes: ProbeSet;
  readonly referenceProfile: Canonical;
}

/** What goes into the package of a graph from elsewhere. */
export interface TensorContents extends CommonContents {
  readonly facts: TensorFacts;
  readonly probes: TensorProbeSet;
}

interface PackageIdentity {
  /** SHA-256 of the manifest. */
  readonly id: string;
  /** SHA-256 of the ONNX graph alone: equal for equal models, whatever stands around them. */
  readonly modelHash: string;
}

export interface FeaturePackage extends Omit<FeatureContents, "facts">, PackageIdentity {
  readonly kind: "features";
  readonly manifest: FeatureManifest;
}

export interface TensorPackage extends Omit<TensorContents, "facts">, PackageIdentity {
  readonly kind: "tensors";
  readonly manifest: TensorManifest;
}

/** A package as it was read, every hash and size verified. */
export type ModelPackage = FeaturePackage | TensorPackage;

/** The side of a blob store that writing, or reading, a package needs. */
export type BlobWriter = Pick<BlobStore, "put">;
export type BlobReader = Pick<BlobStore, "get">;

/** Bytes by file name, `manifest.json` among them: a package outside of the blob store. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

const manifestName = "manifest.json";
const profileName = "reference-profile.json";
const encoder = new TextEncoder();

/**
 * Writes a package into the blob store, the manifest last, so that an id that can be read is whole.
 * Throws MW0606 when the contents are not what the format prescribes.
 */
export async function writePackage(
  contents: FeatureContents | TensorContents,
  blobs: BlobWriter,
): Promise<PackageIdentity & { readonly manifest: Manifest }> {
  const { facts, model, card, probes } = contents;
  const files = new Map<PackageFileName, Uint8Array>([
    ["model.onnx", model],
    ["card.md", encoder.encode(card)],
    ["probes.json", canonicalBytes(probes)],
  ]);
  if ("referenceProfile" in contents) files.set(profileName, canonicalBytes(contents.referenceProfile));
  const entries = [...files].map(([name, file]) => [name, describe(file)] as const);
  const bytes = canonicalBytes({ ...facts, format: packageFormat, files: Object.fromEntries(entries) });
  const id = sha256(bytes);
  const { manifest, modelHash } = decode(id, new Map<string, Uint8Array>([...files, [manifestName, bytes]]));
  for (const file of files.values()) await blobs.put(file);
  await blobs.put(bytes);
  return Object.freeze({ id, modelHash, manifest });
}

/**
 * Reads a package and verifies it wholly: the manifest against the id, every file against the manifest.
 * Throws MW0604 (damaged), MW0605 (missing), MW0606 (malformed) and MW0607 (other format).
 */
export async function readPackage(id: string, blobs: BlobReader): Promise<ModelPackage> {
  return decode(id, await exportPackage(id, blobs));
}

/** The package of a model that reads features. Throws like {@link readPackage}, and MW0630 for one that does not. */
export async function readFeaturePackage(id: string, blobs: BlobReader): Promise<FeaturePackage> {
  const read = await readPackage(id, blobs);
  if (read.kind === "features") return read;
  throw registryErrors.error("MW0630", {
    expected: "the package of a model that reads the project's features",
    found: `a graph that was imported, "${read.manifest.model}"`,
    remedy: "Compute with it in process: openModel() takes its tensors.",
    details: { packageId: id },
  });
}

/** The verified files of a package under their names, for writing into a folder. Throws like {@link readPackage}. */
export async function exportPackage(id: string, blobs: BlobReader): Promise<PackageFiles> {
  const bytes = await fetchBlob(manifestName, id, blobs);
  verify(manifestName, { sha256: id, sizeBytes: bytes.length }, bytes);
  const out = new Map([[manifestName, bytes]]);
  for (const [name, entry] of filesOf(parseManifest(bytes))) {
    const content = await fetchBlob(name, entry.sha256, blobs);
    verify(name, entry, content);
    out.set(name, content);
  }
  return out;
}

/** Verifies files from outside and stores them; nothing is stored unless all is well. Throws like {@link readPackage}. */
export async function importPackage(files: PackageFiles, blobs: BlobWriter): Promise<ModelPackage> {
  const bytes = present(manifestName, files.get(manifestName));
  const manifest = parseManifest(bytes);
  for (const [name, entry] of filesOf(manifest)) verify(name, entry, present(name, files.get(name)));
  const stranger = [...files.keys()].find(
    (name) => name !== manifestName && !Object.hasOwn(manifest.files, name),
  );
  if (stranger !== undefined)
    throw damaged(stranger, { expected: "no file that the manifest does not list", found: "one" });
  const read = decode(sha256(bytes), files);
  for (const [name] of filesOf(manifest)) await blobs.put(present(name, files.get(name)));
  await blobs.put(bytes);
  return read;
}

/** Parses files that were verified already. */
function decode(id: string, files: PackageFiles): ModelPackage {
  const file = (name: PackageFileName | typeof manifestName) => present(name, files.get(name));
  const manifest = parseManifest(file(manifestName));
  const common = {
    id,
    modelHash: manifest.files["model.onnx"].sha256,
    model: file("model.onnx"),
    card: new TextDecoder().decode(file("card.md")),
  };
  const probes = file("probes.json");
  if (manifest.kind === "tensors") {
    return Object.freeze({ ...common, kind: manifest.kind, manifest, probes: parseTensorProbes(probes) });
  }
  const referenceProfile = checkShape(profileName, parseCanonical(profileName, file(profileName)), anyJson);
  return Object.freeze({
    ...{ ...common, kind: manifest.kind, manifest },
    ...{ probes: parseProbes(probes), referenceProfile },
  });
}

function canonicalBytes(value: Canonical): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

function describe(bytes: Uint8Array): FileEntry {
  return { sha256: sha256(bytes), sizeBytes: bytes.length };
}

function verify(name: string, expected: FileEntry, bytes: Uint8Array): void {
  if (bytes.length !== expected.sizeBytes) {
    throw damaged(name, { expected: `${expected.sizeBytes} bytes`, found: `${bytes.length} bytes` });
  }
  const found = sha256(bytes);
  if (found !== expected.sha256) {
    throw damaged(name, { expected: `SHA-256 ${expected.sha256}`, found: `SHA-256 ${found}` });
  }
}

async function fetchBlob(name: string, hash: string, blobs: BlobReader): Promise<Uint8Array> {
  try {
    return await blobs.get(hash);
  } catch (cause) {
    if (isMillwrightError(cause, "MW1001")) throw missing(name, cause);
    if (isMillwrightError(cause, "MW1002"))
      throw damaged(name, { expected: cause.expected, found: cause.found, cause });
    throw cause;
  }
}

function present(name: string, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw missing(name);
  return bytes;
}

function missing(file: string, cause?: unknown) {
  return registryErrors.error("MW0605", {
    expected: `${file} of the package`,
    found: "nothing",
    remedy: "Import the package again or reproduce it from its run.",
    details: { file },
    cause,
  });
}

function damaged(
  file: string,
  { expected, found, cause }: { expected: string; found: string; cause?: unknown },
) {
  return registryErrors.error("MW0604", {
    expected: `${expected} for ${file}`,
    found,
    remedy: "Import the package again or reproduce it from its run.",
    details: { file },
    cause,
  });
}
