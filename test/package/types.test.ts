import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/architecture-table.mjs";

/** A user's product: strict, and checking the types of the packages that it uses. */
const product = `
import { atLeast, conformal, csv, defineProject, gbdt, model, t, table } from "millwright";
import { createClient } from "millwright/client";

const boxes = table("boxes", {
  from: csv("boxes.csv"),
  schema: { size: t.float(), price: t.float(), sort: t.string() },
});
const common = { spine: boxes.rows(), features: { request: { size: t.float() } }, trainer: gbdt() };
const sure = conformal({ coverage: 0.9 });
const gates = [atLeast("coverage", 0.8)];
const price = model("price", { ...common, task: "regression", label: (f) => f.price, intervals: sure, gates });
const sort = model("sort", {
  ...common, task: "multiclass", label: (f) => f.sort, classes: ["a", "b"], sets: sure, gates,
});
const sold = model("sold", { ...common, task: "binary", label: (f) => f.price.gt(1), sets: sure, gates });
const plain = model("plain", { ...common, task: "regression", label: (f) => f.price, gates });
const config = defineProject({ name: "boxes", models: [price, sort, sold, plain] });
const client = createClient<typeof config>({ url: "http://127.0.0.1" });

const ends: readonly [number, number] = (await client.predict("price", { size: 1 })).interval;
const labels: readonly ("a" | "b")[] = (await client.predict("sort", { size: 1 })).set;
const answers: readonly boolean[] = (await client.predict("sold", { size: 1 })).set;
const answer = await client.predict("plain", { size: 1 });
// @ts-expect-error a model without intervals answers none
void answer.interval;
export { answers, ends, labels };
`;

const options = {
  ...{ strict: true, noEmit: true, skipLibCheck: false, target: "ES2022", module: "NodeNext" },
  ...{ types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-types-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules/millwright"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "product.ts"), product);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options, files: ["product.ts"] }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a product that checks its packages' types compiles, and knows what each model answers", async () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const run = promisify(execFile)(process.execPath, [tsc, "--listFiles", "-p", folder], { cwd: folder });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const lines = stdout.split("\n");
  expect(lines.filter((line) => line.includes("error TS"))).toEqual([]);
  // Its types do not compile by themselves, and no user of this package asked for them.
  expect(lines.filter((line) => line.includes("onnx-proto"))).toEqual([]);
  expect(lines.some((line) => line.endsWith("product.ts"))).toBe(true);
}, 120_000);
