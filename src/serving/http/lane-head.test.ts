import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headReader } from "./lane-head.js";

const read = headReader(1000);
const request = "POST /v2/models/m.1-a/versions/3/infer HTTP/1.1";
const headOf = (...lines: readonly string[]) => Buffer.from(`${lines.join("\r\n")}\r\n\r\nbody`, "latin1");

describe("the head of an inference request", () => {
  it("says what the answer depends on", () => {
    const bytes = headOf(
      ...[request, "Host: x", "content-length:  4 ", "Connection: Keep-Alive", "x-unknown: é"],
      ...["Inference-Header-Content-Length: 2", "accept-encoding: gzip"],
    );
    expect(read(bytes)).toEqual({
      ...{ model: "m.1-a", version: "3", bodyAt: bytes.length - 4, bodyBytes: 4 },
      ...{ headerLength: "2", acceptEncoding: "gzip" },
    });
  });

  it.each([
    ["another method", "GET /v2/models/m/infer HTTP/1.1", "host: x", "content-length: 4"],
    ["another version of HTTP", "POST /v2/models/m/infer HTTP/1.0", "host: x", "content-length: 4"],
    ["an escaped name", "POST /v2/models/m%41/infer HTTP/1.1", "host: x", "content-length: 4"],
    ["a query", "POST /v2/models/m/infer?a=b HTTP/1.1", "host: x", "content-length: 4"],
    ["no host", request, "content-length: 4"],
    ["two hosts", request, "host: x", "host: y", "content-length: 4"],
    ["no length", request, "host: x"],
    ["a length with a sign", request, "host: x", "content-length: +4"],
    ["a length beyond the limit", request, "host: x", "content-length: 1001"],
    ["two lengths", request, "host: x", "content-length: 4", "Content-Length: 4"],
    ["chunks", request, "host: x", "content-length: 4", "Transfer-Encoding: chunked"],
    ["compression", request, "host: x", "content-length: 4", "content-encoding: gzip"],
    ["a wish to be asked for the body", request, "host: x", "content-length: 4", "expect: 100-continue"],
    ["a connection that is to end", request, "host: x", "content-length: 4", "connection: close"],
    ["a page of another origin", request, "host: x", "content-length: 4", "origin: http://y"],
    ["a folded line", request, "host: x", "content-length: 4", " more"],
    ["a control character", request, "host: x", "content-length: 4", "a: \0"],
    ["a bare line feed", request, "host: x", "content-length: 4", "a: b\nexpect: 100-continue"],
  ])("is left to the server's parser: %s", (_what, ...lines) => {
    expect(read(headOf(...lines))).toBeUndefined();
  });

  it("is complete, whatever was remembered of others", () => {
    const bytes = headOf(request, "host: x", "content-length: 4");
    fc.assert(
      fc.property(fc.nat(bytes.length), (end) => {
        const isWhole = end >= bytes.length - 4;
        expect(read(bytes.subarray(0, end)) !== undefined).toBe(isWhole);
      }),
    );
    for (let i = 0; i < 1000; i++)
      expect(read(headOf(request, `host: ${i}`, "content-length: 4"))?.bodyBytes).toBe(4);
  });
});
