import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock } from "../../kernel/index.js";
import { openDatabase, sql } from "./database.js";
import { openSqlite } from "./index.js";
import { schemaVersion } from "./migrations.js";

const clock = manualClock(1_000);
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millwright-sqlite-"));
  path = join(folder, "metadata.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const step = (key: string, output = "x") => ({ key, name: "step", output, durationMs: 0, createdAtMs: 0 });

describe("opening", () => {
  it("keeps what was written for the next time", async () => {
    const first = openSqlite(path, { clock });
    await first.registry.register({ model: "delay", packageId: "p1", runId: null });
    await first.runs.recordStep(step("k"));
    first.close();
    const second = openSqlite(path, { clock });
    expect(await second.registry.models()).toEqual(["delay"]);
    expect(await second.runs.findStep("k")).toBe("x");
    second.close();
  });

  it("refuses a database of a newer version and leaves it as it is", () => {
    const newer = new Libsql(path);
    newer.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    newer.close();
    expect(() => openSqlite(path, { clock })).toThrow(expect.objectContaining({ code: "MW1008" }));
    const again = new Libsql(path);
    expect(again.prepare("SELECT count(*) AS n FROM sqlite_master").get()).toMatchObject({ n: 0 });
    again.close();
  });

  it("refuses a file that is no database and leaves it as it is", () => {
    const text = "date,delay,distance\n".repeat(500);
    writeFileSync(path, text);
    expect(() => openSqlite(path, { clock })).toThrow(expect.objectContaining({ code: "MW1009" }));
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("refuses a database whose end is missing", async () => {
    const stores = openSqlite(path, { clock });
    for (let i = 0; i < 50; i++) await stores.runs.recordStep(step(`k${i}`, "x".repeat(2_000)));
    stores.close();
    truncateSync(path, 8_192);
    const read = async () => {
      const damaged = openSqlite(path, { clock });
      try {
        return await damaged.runs.findStep("k40");
      } finally {
        damaged.close();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "MW1009" });
  });

  it.each(["no folder", "a folder in the file's place"])("refuses a path with %s", (what) => {
    if (what !== "no folder") mkdirSync(path);
    const target = what === "no folder" ? join(folder, "absent", "metadata.db") : path;
    expect(() => openSqlite(target, { clock })).toThrow(expect.objectContaining({ code: "MW1011" }));
  });
});

describe("writing", () => {
  it("gives up on a lock that another connection keeps, and works once it is gone", async () => {
    const stores = openSqlite(path, { clock, busyTimeoutMs: 1 });
    const other = new Libsql(path);
    other.exec("BEGIN IMMEDIATE");
    const register = () => stores.registry.register({ model: "delay", packageId: "p1", runId: null });
    await expect(register()).rejects.toMatchObject({ code: "MW1010" });
    expect(await stores.registry.models()).toEqual([]);
    other.exec("ROLLBACK");
    expect(await register()).toMatchObject({ version: 1 });
    other.close();
    stores.close();
  });

  it("undoes the whole transaction when the disk is full, and goes on when there is room", () => {
    const database = openDatabase(path, 0);
    const insert = (key: string, size: number) => {
      const row = { key, name: "step", output: "x".repeat(size), duration_ms: 0, created_at_ms: 0 };
      database.run(sql.insertInto("steps").values(row));
    };
    const keys = () => database.all(sql.selectFrom("steps").select("key")).map(({ key }) => key);
    insert("before", 10);
    const limit = (pages: number) => {
      database.all({
        compile: () => ({ ...sql.selectNoFrom([]).compile(), sql: `PRAGMA max_page_count = ${pages}` }),
      });
    };
    limit(30);
    const full = () =>
      database.transaction(() => {
        insert("small", 10);
        insert("large", 1_000_000);
      });
    expect(full).toThrow(expect.objectContaining({ code: "MW1011" }));
    expect(keys()).toEqual(["before"]);
    limit(1_000_000);
    full();
    expect(keys().sort()).toEqual(["before", "large", "small"]);
    database.close();
  });

  it("undoes the transaction when the work throws", () => {
    const database = openDatabase(path, 0);
    const failing = () =>
      database.transaction(() => {
        database.run(sql.insertInto("aliases").values({ model: "delay", alias: "champion", version: 1 }));
      });
    // The foreign key: an alias cannot point at a version that does not exist. A mistake in the program is not coded.
    expect(failing).toThrow(/FOREIGN KEY constraint failed/);
    expect(database.all(sql.selectFrom("aliases").selectAll())).toEqual([]);
    database.close();
  });
});
