import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { answerCoding, compressed, decompressed } from "./compression.js";

const text = Buffer.from("tensor ".repeat(1000));

describe("compressed bodies", () => {
  it("are read by the name of their coding", async () => {
    expect(await decompressed(gzipSync(text), "gzip", 10_000)).toEqual(text);
    expect(await decompressed(deflateSync(text), "Deflate", 10_000)).toEqual(text);
    expect(await decompressed(text, "identity", 10_000)).toBe(text);
  });

  it("are refused as soon as they grow beyond the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(60_000);
    await expect(decompressed(bomb, "gzip", 1_000_000)).rejects.toMatchObject({ code: "MW0806" });
  });

  it("are refused when damaged or compressed otherwise", async () => {
    const cut = gzipSync(text).subarray(0, 20);
    await expect(decompressed(cut, "gzip", 10_000)).rejects.toMatchObject({ code: "MW0820" });
    await expect(decompressed(text, "gzip", 10_000)).rejects.toMatchObject({ code: "MW0820" });
    await expect(decompressed(text, "br", 10_000)).rejects.toMatchObject({ code: "MW0820" });
  });
});

describe("answers", () => {
  it.each([
    ["gzip", 100_000, "gzip"],
    ["gzip, deflate, br", 100_000, "gzip"],
    ["br;q=1.0, deflate;q=0.5", 100_000, "deflate"],
    ["gzip;q=0, deflate", 100_000, "deflate"],
    ["gzip", 100, undefined],
    ["br", 100_000, undefined],
    [undefined, 100_000, undefined],
  ] as const)("to %j of %i bytes are compressed with %j", (accepted, bytes, coding) => {
    expect(answerCoding(accepted, bytes)).toBe(coding);
  });

  it("can be read again", async () => {
    expect(gunzipSync(await compressed(text, "gzip"))).toEqual(text);
    expect(inflateSync(await compressed(text, "deflate"))).toEqual(text);
  });
});
