import { describe, expect, it } from "vitest";
import { filesOf } from "./manifest.js";
import { exportPackage, importPackage, readFeaturePackage, readPackage, writePackage } from "./package.js";
import { exampleContents, looseBlobs, tensorContents } from "./packages.testing.js";

describe("the package of an imported graph", () => {
  it("has three files, no features and no metrics, and goes from store to store", async () => {
    const blobs = looseBlobs();
    const { id, manifest } = await writePackage(tensorContents(), blobs);
    const { facts, ...files } = tensorContents();
    expect(manifest).toMatchObject(facts);
    expect(await readPackage(id, blobs)).toMatchObject({ kind: "tensors", id, ...files });
    const exported = await exportPackage(id, blobs);
    expect([...exported.keys()]).toEqual(["manifest.json", "model.onnx", "card.md", "probes.json"]);
    const target = looseBlobs();
    expect((await importPackage(exported, target)).id).toBe(id);
    await expect(
      importPackage(
        new Map([...exported, ["reference-profile.json", new TextEncoder().encode("{}")]]),
        target,
      ),
    ).rejects.toMatchObject({ code: "MW0604", details: { file: "reference-profile.json" } });
  });

  it("is none for whoever needs features", async () => {
    const blobs = looseBlobs();
    const { id } = await writePackage(tensorContents(), blobs);
    await expect(readFeaturePackage(id, blobs)).rejects.toMatchObject({ code: "MW0630" });
    const features = await writePackage(exampleContents(), blobs);
    expect(await readFeaturePackage(features.id, blobs)).toMatchObject({ kind: "features" });
  });

  it("is not read when any bit of a file differs", async () => {
    const blobs = looseBlobs();
    const { id, manifest } = await writePackage(tensorContents(), blobs);
    for (const [name, { sha256, sizeBytes }] of filesOf(manifest)) {
      const whole = blobs.bytes.get(sha256) as Uint8Array;
      for (let at = 0; at < sizeBytes; at++) {
        blobs.bytes.set(
          sha256,
          whole.map((byte, i) => (i === at ? byte ^ 1 : byte)),
        );
        await expect(readPackage(id, blobs)).rejects.toMatchObject({
          code: "MW0604",
          details: { file: name },
        });
      }
      blobs.bytes.set(sha256, whole);
    }
  });

  it("is not written with probes that contradict themselves, and stores nothing", async () => {
    const blobs = looseBlobs();
    const stored = { dtype: "float32", shape: [2], data: [1] } as const;
    const bad = [
      { tolerance: 0, probes: [] },
      { tolerance: 0, probes: [{ inputs: {}, outputs: { x: stored } }] },
      { tolerance: 0, probes: [{ inputs: { x: { ...stored, data: [1, 2] } }, outputs: {} }] },
      { tolerance: -1, probes: tensorContents().probes.probes },
    ];
    for (const probes of bad) {
      await expect(writePackage({ ...tensorContents(), probes }, blobs)).rejects.toMatchObject({
        code: "MW0606",
      });
    }
    expect(blobs.bytes.size).toBe(0);
  });
});
