import { canonicalJson, isMillwrightError, sha256, type BlobStore, type Canonical } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import { anyJson, checkShape, parseCanonical } from "./json-shape.js";
import {
  packageFileNames,
  packageFormat,
  parseManifest,
  type FileEntry,
  type Manifest,
  type PackageFacts,
  type PackageFileName,
} from "./manifest.js";
import { parseProbes, type ProbeSet } from "./probe.js";

/** Everything that goes into a package. */
export interface PackageContents {
  readonly facts: PackageFacts;
  /** The ONNX graph. */
  readonly model: Uint8Array;
  /** Markdown. */
  readonly card: string;
  readonly probes: ProbeSet;
  readonly referenceProfile: Canonical;
}

/** A package as it was read, every hash and size verified. */
export interface ModelPackage extends Omit<PackageContents, "facts"> {
  /** SHA-256 of the manifest. */
  readonly id: string;
  /** SHA-256 of the ONNX graph alone: equal for equal models, whatever stands around them. */
  readonly modelHash: string;
  readonly manifest: Manifest;
}

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
  { facts, model, card, probes, referenceProfile }: PackageContents,
  blobs: BlobWriter,
): Promise<{ readonly id: string; readonly modelHash: string; readonly manifest: Manifest }> {
  const files: Record<PackageFileName, Uint8Array> = {
    "model.onnx": model,
    "card.md": encoder.encode(card),
    "probes.json": canonicalBytes(probes),
    "reference-profile.json": canonicalBytes(referenceProfile),
  };
  parseProbes(files["probes.json"]);
  const entries = packageFileNames.map((name) => [name, describe(files[name])] as const);
  const bytes = canonicalBytes({ ...facts, format: packageFormat, files: Object.fromEntries(entries) });
  const manifest = parseManifest(bytes);
  for (const name of packageFileNames) await blobs.put(files[name]);
  const id = await blobs.put(bytes);
  return Object.freeze({ id, modelHash: manifest.files["model.onnx"].sha256, manifest });
}

/**
 * Reads a package and verifies it wholly: the manifest against the id, every file against the manifest.
 * Throws MW0604 (damaged), MW0605 (missing), MW0606 (malformed) and MW0607 (other format).
 */
export async function readPackage(id: string, blobs: BlobReader): Promise<ModelPackage> {
  return decode(id, await exportPackage(id, blobs));
}

/** The verified files of a package under their names, for writing into a folder. Throws like {@link readPackage}. */
export async function exportPackage(id: string, blobs: BlobReader): Promise<PackageFiles> {
  const bytes = await fetchBlob(manifestName, id, blobs);
  verify(manifestName, { sha256: id, sizeBytes: bytes.length }, bytes);
  const { files } = parseManifest(bytes);
  const out = new Map([[manifestName, bytes]]);
  for (const name of packageFileNames) {
    const content = await fetchBlob(name, files[name].sha256, blobs);
    verify(name, files[name], content);
    out.set(name, content);
  }
  return out;
}

/** Verifies files from outside and stores them; nothing is stored unless all is well. Throws like {@link readPackage}. */
export async function importPackage(files: PackageFiles, blobs: BlobWriter): Promise<ModelPackage> {
  const bytes = present(manifestName, files.get(manifestName));
  const manifest = parseManifest(bytes);
  for (const name of packageFileNames) verify(name, manifest.files[name], present(name, files.get(name)));
  const stranger = [...files.keys()].find(
    (name) => name !== manifestName && !Object.hasOwn(manifest.files, name),
  );
  if (stranger !== undefined)
    throw damaged(stranger, { expected: "no file that the manifest does not list", found: "one" });
  const read = decode(sha256(bytes), files);
  for (const name of packageFileNames) await blobs.put(present(name, files.get(name)));
  await blobs.put(bytes);
  return read;
}

/** Parses files that were verified already. */
function decode(id: string, files: PackageFiles): ModelPackage {
  const file = (name: PackageFileName | typeof manifestName) => present(name, files.get(name));
  const manifest = parseManifest(file(manifestName));
  return Object.freeze({
    id,
    modelHash: manifest.files["model.onnx"].sha256,
    manifest,
    model: file("model.onnx"),
    card: new TextDecoder().decode(file("card.md")),
    probes: parseProbes(file("probes.json")),
    referenceProfile: checkShape(profileName, parseCanonical(profileName, file(profileName)), anyJson),
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
