import { DuckDBInstance } from "@duckdb/node-api";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { TableEngine } from "../../data/index.js";
import { t, valueAt, type Table, type Value } from "../../kernel/index.js";
import { duckdbEngine } from "./engine.js";

/** An engine on a folder of its own, and ways to put files into the folder past the code under test. */
export interface TestEngine {
  readonly folder: string;
  readonly engine: TableEngine;
  writeParquet(name: string, select: string): Promise<string>;
  writeText(name: string, text: string | Uint8Array): Promise<string>;
}

/** Opens an engine before the tests of a file and removes everything after them. */
export function useTestEngine(): () => TestEngine {
  let opened: TestEngine;
  let raw: DuckDBInstance;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "millwright-duckdb-"));
    raw = await DuckDBInstance.create(":memory:");
    opened = {
      folder,
      engine: await duckdbEngine({ scratchFolder: join(folder, "scratch"), projectFolder: folder }),
      async writeParquet(name, select) {
        const connection = await raw.connect();
        await connection.run(`COPY (${select}) TO '${join(folder, name)}' (FORMAT parquet)`);
        connection.closeSync();
        return name;
      },
      async writeText(name, text) {
        await writeFile(join(folder, name), text);
        return name;
      },
    };
  });
  afterAll(async () => {
    await opened.engine.close();
    raw.closeSync();
    await rm(opened.folder, { recursive: true });
  });
  return () => opened;
}

export const rowsOf = (table: Table): Value[][] =>
  Array.from({ length: table.rowCount }, (_, row) =>
    Object.values(table.columns).map((column) => valueAt(column, row)),
  );

export const everyKind = {
  i: t.int().optional(),
  f: t.float().optional(),
  b: t.bool().optional(),
  t: t.timestamp().optional(),
  s: t.string().optional(),
};
