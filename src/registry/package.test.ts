import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, storageErrors, type Canonical } from "../kernel/index.js";
import {
  filesOf,
  packageFileNames,
  type FileEntry,
  type Manifest,
  type PackageFileName,
} from "./manifest.js";
import { exportPackage, importPackage, readPackage, writePackage } from "./package.js";
import type { PackageFiles } from "./package.js";
import { exampleContents, exampleFacts, looseBlobs } from "./packages.testing.js";

async function written(contents = exampleContents()) {
  const blobs = looseBlobs();
  return { blobs, ...(await writePackage(contents, blobs)) };
}

/** Bytes with one bit changed. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

const entryOf = (manifest: Manifest, name: PackageFileName) =>
  new Map(filesOf(manifest)).get(name) as FileEntry;
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("writing and reading", () => {
  it("gives back what was packed", async () => {
    const { blobs, id, modelHash, manifest } = await written();
    const { facts, ...files } = exampleContents();
    expect(await readPackage(id, blobs)).toEqual({ kind: "features", id, modelHash, manifest, ...files });
    expect(manifest).toMatchObject(facts);
  });

  it("names the package and the model by the SHA-256 of their bytes", async () => {
    const { blobs, id, modelHash } = await written();
    const manifest = blobs.bytes.get(id) as Uint8Array;
    expect(createHash("sha256").update(manifest).digest("hex")).toBe(id);
    // sha256sum of the bytes 01 to 08, by coreutils.
    expect(modelHash).toBe("66840dda154e8a113c31dd0ad32f7f3a366a80e8136979d8f5a101d3d29d6f72");
  });

  it("gives equal contents an equal id, whatever the order of keys", async () => {
    const facts = exampleFacts();
    const reordered = Object.fromEntries(Object.entries(facts).reverse()) as typeof facts;
    expect((await written(exampleContents({ facts: reordered }))).id).toBe((await written()).id);
  });

  it("gives other contents another id, but an equal model an equal hash", async () => {
    const first = await written();
    const other = await written(exampleContents({ card: "# another\n" }));
    expect(other.id).not.toBe(first.id);
    expect(other.modelHash).toBe(first.modelHash);
  });

  it("refuses contents that the format does not allow, and stores nothing", async () => {
    const blobs = looseBlobs();
    const bad = [
      exampleContents({ probes: { tolerance: 0, probes: [] } }),
      exampleContents({ facts: exampleFacts({ model: "Arrival Delay" }) }),
      exampleContents({ facts: exampleFacts({ seed: 0.5 }) }),
    ];
    for (const contents of bad) {
      await expect(writePackage(contents, blobs)).rejects.toMatchObject({ code: "MW0606" });
    }
    expect(blobs.bytes.size).toBe(0);
  });
});

describe("a tampered package", () => {
  it.each(packageFileNames)("is not read when any bit of %s differs", async (name) => {
    const { blobs, id, manifest } = await written();
    const { sha256, sizeBytes } = entryOf(manifest, name);
    const whole = blobs.bytes.get(sha256) as Uint8Array;
    for (let at = 0; at < sizeBytes; at++) {
      blobs.bytes.set(sha256, flipped(whole, at));
      await expect(readPackage(id, blobs)).rejects.toMatchObject({ code: "MW0604", details: { file: name } });
    }
  });

  it("is not read when any bit of the manifest differs", async () => {
    const { blobs, id } = await written();
    const whole = blobs.bytes.get(id) as Uint8Array;
    for (let at = 0; at < whole.length; at++) {
      blobs.bytes.set(id, flipped(whole, at));
      await expect(readPackage(id, blobs)).rejects.toMatchObject({
        code: "MW0604",
        details: { file: "manifest.json" },
      });
    }
  });

  it.each(packageFileNames)("is not read when %s was cut off or swapped with another file", async (name) => {
    const { blobs, id, manifest } = await written();
    const { sha256 } = entryOf(manifest, name);
    const whole = blobs.bytes.get(sha256) as Uint8Array;
    blobs.bytes.set(sha256, whole.subarray(0, -1));
    await expect(readPackage(id, blobs)).rejects.toMatchObject({
      code: "MW0604",
      expected: `${whole.length} bytes for ${name}`,
      found: `${whole.length - 1} bytes`,
    });
    const other = packageFileNames[(packageFileNames.indexOf(name) + 1) % packageFileNames.length];
    blobs.bytes.set(sha256, blobs.bytes.get(entryOf(manifest, other).sha256) as Uint8Array);
    await expect(readPackage(id, blobs)).rejects.toMatchObject({ code: "MW0604", details: { file: name } });
  });

  it.each(["manifest.json", ...packageFileNames])("is not read when %s is missing", async (name) => {
    const { blobs, id, manifest } = await written();
    blobs.bytes.delete(name === "manifest.json" ? id : entryOf(manifest, name as PackageFileName).sha256);
    await expect(readPackage(id, blobs)).rejects.toMatchObject({ code: "MW0605", details: { file: name } });
  });

  it("is not read when the store itself finds a blob damaged", async () => {
    const { id } = await written();
    const get = () =>
      Promise.reject(
        storageErrors.error("MW1002", { expected: "hash a", found: "hash b", remedy: "Restore it." }),
      );
    await expect(readPackage(id, { get })).rejects.toMatchObject({ code: "MW0604", found: "hash b" });
  });

  it("passes other failures of the store on", async () => {
    const { id } = await written();
    const failure = new Error("the network is down");
    await expect(readPackage(id, { get: () => Promise.reject(failure) })).rejects.toBe(failure);
  });
});

describe("a manifest by another hand", () => {
  /** Reads a package whose manifest says something else and is stored under its own, right hash. */
  async function readWith(change: (manifest: Record<string, Canonical>) => Canonical | string) {
    const { blobs, id } = await written();
    const manifest = JSON.parse(decode(blobs.bytes.get(id) as Uint8Array)) as Record<string, Canonical>;
    const changed = change(manifest);
    return readPackage(
      await blobs.put(encode(typeof changed === "string" ? changed : canonicalJson(changed))),
      blobs,
    );
  }

  it.each<[what: string, change: (manifest: Record<string, Canonical>) => Canonical | string, found: string]>(
    [
      [
        "an unknown key",
        (m) => ({ ...m, sedd: 1 }),
        'manifest.json has an unknown "sedd". Did you mean "seed"?',
      ],
      [
        "an unknown key deep inside",
        (m) => ({ ...m, trainer: { name: "gbdt", options: {}, optoins: {} } }),
        'manifest.json.trainer has an unknown "optoins". Did you mean "options"?',
      ],
      ["an unknown kind", (m) => ({ ...m, kind: "tensor" }), 'manifest.json.kind is not "features"'],
      ["another kind", (m) => ({ ...m, kind: "tensors" }), 'manifest.json has an unknown "dataset"'],
      ["a missing key", ({ seed: _, ...m }) => m, "manifest.json.seed is not a whole number"],
      [
        "a wrong type",
        (m) => ({ ...m, dataset: 7 }),
        "manifest.json.dataset is not a text that is not empty",
      ],
      [
        "a bad hash",
        (m) => ({ ...m, features: { hash: "F", definition: null } }),
        "manifest.json.features.hash is not a SHA-256 in lower-case hexadecimal",
      ],
      ["no columns", (m) => ({ ...m, signature: [] }), "manifest.json.signature is not an object"],
      ["a file too few", (m) => ({ ...m, files: {} }), "manifest.json.files.model.onnx is not an object"],
      ["a list in its place", () => [], "manifest.json is not an object"],
      ["other white space", (m) => JSON.stringify(m, null, 2), "JSON with other white space"],
      ["a doubled key", (m) => canonicalJson(m).replace("{", '{"dataset":"x",'), "a doubled key"],
      ["an infinite number", (m) => canonicalJson(m).replace('"seed":7', '"seed":1e999'), "MW0102"],
      ["no JSON", () => "model: arrival-delay", "is not valid JSON"],
      ["nesting that is deep", () => `${"[".repeat(100_000)}${"]".repeat(100_000)}`, "Maximum call stack"],
    ],
  )("is refused for %s", async (_what, change, found) => {
    await expect(readWith(change)).rejects.toMatchObject({
      code: "MW0606",
      found: expect.stringContaining(found) as string,
      details: { file: "manifest.json" },
    });
  });

  it("is refused when it is not UTF-8", async () => {
    const { blobs } = await written();
    const id = await blobs.put(new Uint8Array([0xff, 0xfe, 0x7b]));
    await expect(readPackage(id, blobs)).rejects.toMatchObject({ code: "MW0606" });
  });

  it("is refused for another format, even when it has keys that this one does not", async () => {
    await expect(readWith((m) => ({ ...m, format: 3, new: true }))).rejects.toMatchObject({
      code: "MW0607",
      expected: "package format 2",
      found: "format 3",
    });
  });

  it("is refused for sizes that are not the files'", async () => {
    const change = (m: Record<string, Canonical>) => {
      const files = structuredClone(m.files) as Manifest["files"];
      return { ...m, files: { ...files, "card.md": { ...files["card.md"], sizeBytes: 1 } } };
    };
    await expect(readWith(change)).rejects.toMatchObject({ code: "MW0604", details: { file: "card.md" } });
  });

  it("is refused for probes that are no probe set", async () => {
    const { blobs, id, manifest } = await written();
    const probes = encode(
      canonicalJson({ probes: [{ numeric: ["1"], outputs: [1], text: [] }], tolerance: -1 }),
    );
    const files = {
      ...manifest.files,
      "probes.json": { sha256: await blobs.put(probes), sizeBytes: probes.length },
    };
    const json = JSON.parse(decode(blobs.bytes.get(id) as Uint8Array)) as Record<string, Canonical>;
    const changed = await blobs.put(encode(canonicalJson({ ...json, files })));
    await expect(readPackage(changed, blobs)).rejects.toMatchObject({
      code: "MW0606",
      details: {
        file: "probes.json",
        problems: [
          "probes.json.tolerance is not a number from 0 on",
          "probes.json.probes[0].numeric[0] is not a number",
        ],
      },
    });
  });
});

describe("export and import", () => {
  async function exported(): Promise<{ id: string; files: Map<string, Uint8Array> }> {
    const { blobs, id } = await written();
    return { id, files: new Map(await exportPackage(id, blobs)) };
  }

  it("carries a package from one store to another under its id", async () => {
    const { id, files } = await exported();
    expect([...files.keys()]).toEqual(["manifest.json", ...packageFileNames]);
    const target = looseBlobs();
    const imported = await importPackage(files, target);
    expect(imported.id).toBe(id);
    expect(await readPackage(id, target)).toEqual(imported);
  });

  it("imports nothing of a package that is not whole", async () => {
    const { files } = await exported();
    const target = looseBlobs();
    const refused = async (code: string, change: (files: Map<string, Uint8Array>) => void) => {
      const changed = new Map(files);
      change(changed);
      await expect(importPackage(changed as PackageFiles, target)).rejects.toMatchObject({ code });
    };
    await refused("MW0605", (f) => f.delete("manifest.json"));
    await refused("MW0605", (f) => f.delete("card.md"));
    await refused("MW0604", (f) => f.set("extra.bin", new Uint8Array(1)));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...packageFileNames), fc.nat(), async (name, at) => {
        const bytes = files.get(name) as Uint8Array;
        await refused("MW0604", (f) => f.set(name, flipped(bytes, at % bytes.length)));
      }),
      { numRuns: 50 },
    );
    expect(target.bytes.size).toBe(0);
  });
});
