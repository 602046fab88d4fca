import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRng } from "../../src/kernel/index.js";
import { runJson, start } from "../support/command.js";
import { startServer } from "../support/server.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const jiti = join(root, "node_modules/jiti/lib/jiti-cli.mjs");

/** The TypeScript blocks of a page, in order. */
async function blocks(page: string): Promise<string[]> {
  const text = await readFile(join(root, page), "utf8");
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
}

/**
 * Six days of 4,000 deliveries by 20 couriers, of whom every other one is slow for half a day at a time.
 * They lie in the past, as the product's present calls need it.
 */
function deliveries(): string {
  const rng = seededRng(7);
  const rows = ["at,courier,km,minutes"];
  for (let i = 0; i < 4000; i++) {
    const at = new Date(Date.UTC(2024, 2, 1) + i * 129_600);
    const courier = rng.below(20);
    const slow = courier % 2 === 0 && at.getUTCHours() >= 12;
    const km = 1 + rng.next() * 6;
    const minutes = 12 + km * 4 + (slow ? 18 : 0) + rng.next() * 14;
    rows.push([at.toISOString(), `c${courier}`, km.toFixed(2), minutes.toFixed(1)].join(","));
  }
  return `${rows.join("\n")}\n`;
}

describe("the smallest project of the README", () => {
  let folder = "";

  beforeAll(async () => {
    // Inside the package, so that "millwright" means this package as it would in a project that installed it.
    folder = await mkdtemp(join(root, ".tmp-docs-"));
    const [config] = await blocks("README.md");
    expect(config.split("\n").length).toBeLessThanOrEqual(36);
    await writeFile(join(folder, "millwright.config.ts"), config);
    await writeFile(join(folder, "deliveries.csv"), deliveries());
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("trains, serves, and answers the product's typed call", async () => {
    const trained = await runJson<{ promoted: boolean }>(folder, ["train"]);
    expect(trained.promoted).toBe(true);
    const server = await startServer(folder);
    const [, product] = await blocks("README.md");
    const script = `${product.replace("http://127.0.0.1:8080", server.url)}\nconsole.log(probability, id);\n`;
    await writeFile(join(folder, "product.ts"), script);
    const asked = await start(process.execPath, [jiti, "product.ts"], folder).ended;
    expect(asked.stderr).toBe("");
    expect(asked.stdout).toMatch(/^0\.\d+ p-[0-9a-f]{12}-1\n$/);
    await server.stop();
    const verified = await runJson<{ predictions: number; mismatches: number }>(folder, [
      "features",
      "verify",
    ]);
    expect(verified).toMatchObject({ predictions: 1, mismatches: 0 });
  });

  test("answers in the product's own process", async () => {
    const code = (await blocks("docs/configuration.md")).at(-1) as string;
    const script = `${code.replace('"./ml"', JSON.stringify(folder))}\nconsole.log(probability);\n`;
    await writeFile(join(folder, "embedded.ts"), script);
    const asked = await start(process.execPath, [jiti, "embedded.ts"], folder).ended;
    expect(asked.stderr).toBe("");
    expect(asked.stdout).toMatch(/^0\.\d+\n$/);
  });
});
