import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAll } from "../../../test/contracts/append-log.js";
import { seededRng } from "../../kernel/index.js";
import { fsAppendLog } from "./append-log.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-log-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A child imports the TypeScript sources themselves, so that it can never run a stale build. */
const opening = `
  import { createJiti } from ${JSON.stringify(import.meta.resolve("jiti"))};
  const { fsAppendLog } = await createJiti(${JSON.stringify(import.meta.url)}).import(
    ${JSON.stringify(fileURLToPath(new URL("index.ts", import.meta.url)))});
  const log = await fsAppendLog(process.argv[1], { segmentBytes: 20_000 });`;

const killedWriter = `${opening}
  const appendForEver = async (writer) => {
    for (let i = 0; ; i++) {
      const text = JSON.stringify({ writer, i, padding: "é".repeat(i % 50) });
      const first = await log.append([text]);
      process.stdout.write(first + " " + text + "\\n");
    }
  };
  await Promise.all([appendForEver("a"), appendForEver("b"), appendForEver("c")]);`;

/** Starts the writer, kills it with SIGKILL after so many acknowledgements and returns those. */
function killAfter(acknowledgements: number): Promise<[number, string][]> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", killedWriter, folder]);
  const acknowledged: [number, string][] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const space = line.indexOf(" ");
    acknowledged.push([Number(line.slice(0, space)), line.slice(space + 1)]);
    if (acknowledged.length === acknowledgements) child.kill("SIGKILL");
  });
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("close", (_, signal) => {
      if (signal === "SIGKILL") resolve(acknowledged);
      else reject(new Error(errors));
    });
  });
}

describe("fsAppendLog under faults", () => {
  it("has every acknowledged record after kill -9, each time over", async () => {
    const rng = seededRng(11);
    const acknowledged = new Map<number, string>();
    for (let round = 0; round < 3; round++) {
      for (const [sequence, text] of await killAfter(1 + rng.below(3000))) {
        expect(acknowledged.has(sequence)).toBe(false);
        acknowledged.set(sequence, text);
      }
      const log = await fsAppendLog(folder, { segmentBytes: 20_000 });
      const stored = new Map(await readAll(log));
      expect(stored.size).toBe(log.nextSequence - 1);
      // The pipe may lose a last torn line when the child dies; everything whole in it was acknowledged.
      for (const [sequence, text] of acknowledged) expect(stored.get(sequence)).toBe(text);
      await log.close();
    }
    expect(acknowledged.size).toBeGreaterThan(100);
  });

  it("keeps what was acknowledged when the file may not grow, and stays usable", async () => {
    const script = `${opening}
      const outcomes = [];
      for (let i = 0; i < 100; i++) {
        const size = i % 10 === 9 ? 1 : 100;
        outcomes.push(await log.append([String(i).padEnd(size, ".")]).then((first) => first, (error) => error.code));
      }
      const stored = [];
      for await (const { records } of log.read(1)) stored.push(...records.map((text) => parseInt(text)));
      process.stdout.write(JSON.stringify({ outcomes, stored, next: log.nextSequence }));
      await log.close();`;
    const { outcomes, stored, next } = JSON.parse(await runLimited(script)) as {
      outcomes: (number | string)[];
      stored: number[];
      next: number;
    };
    const kept = outcomes.flatMap((outcome, i) => (typeof outcome === "number" ? [i] : []));
    expect(outcomes.filter((outcome) => typeof outcome === "string")).toContain("MW1003");
    expect(new Set(outcomes.filter((outcome) => typeof outcome === "string"))).toEqual(new Set(["MW1003"]));
    // 4096 bytes hold 37 records of 110 bytes and some short ones, which still fit after a long one did not.
    expect(kept.at(-1)).toBeGreaterThan(outcomes.indexOf("MW1003"));
    expect(stored).toEqual(kept);
    expect(outcomes.filter((outcome) => typeof outcome === "number")).toEqual(kept.map((_, i) => i + 1));
    expect(next).toBe(kept.length + 1);
    expect(readFileSync(join(folder, "0000000000000001.log")).length).toBeLessThanOrEqual(4096);
    const log = await fsAppendLog(folder);
    expect((await readAll(log)).map(([, text]) => parseInt(text))).toEqual(kept);
    await log.close();
  });

  it("does not admit a second living process", async () => {
    const log = await fsAppendLog(folder);
    await expect(runLimited(opening)).rejects.toThrow("MW1005");
    await log.close();
    await expect(runLimited(`${opening} await log.close();`)).resolves.toBe("");
  });
});

/**
 * Runs a script under a limit of 4096 bytes per file, which is how a full disk is had without a disk of
 * one's own: a write stops short, the next fails. SIGXFSZ is ignored, or it would end the child.
 */
function runLimited(script: string): Promise<string> {
  const command = `trap '' XFSZ; export JITI_FS_CACHE=false; ulimit -f 4; exec "$0" --input-type=module -e "$1" "$2"`;
  return new Promise((resolve, reject) => {
    execFile("bash", ["-c", command, process.execPath, script, folder], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
  });
}
