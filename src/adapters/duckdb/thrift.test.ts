import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readThrift, writeThrift } from "./thrift.js";

test("the footer that another program wrote is the same bytes again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millwright-thrift-"));
  const path = join(folder, "some.parquet");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT range AS id, 'a' || range AS text, [range] AS list FROM range(5000)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  connection.closeSync();
  instance.closeSync();
  const bytes = await readFile(path);
  const footer = bytes.subarray(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8), bytes.length - 8);
  expect(Buffer.from(writeThrift(readThrift(footer))).equals(footer)).toBe(true);
  await rm(folder, { recursive: true, force: true });
});

test("bytes that are no struct are refused and never read past their end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        readThrift(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
