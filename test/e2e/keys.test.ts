import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandHost } from "../support/command.js";
import { temporaryFolders } from "../support/trips.js";

interface Issued {
  readonly key: string;
  readonly record: {
    readonly id: string;
    readonly createdAtMs: number;
    readonly expiresAtMs: number | null;
    readonly scopes: readonly string[];
  };
}

interface Listed {
  readonly keys: readonly {
    readonly id: string;
    readonly name: string;
    readonly revokedAtMs: number | null;
  }[];
}

const folders = temporaryFolders();
const { runCommand, runJson, failure, close } = commandHost();
let folder = "";
beforeAll(async () => {
  folder = await folders.project();
}, 60_000);
afterAll(async () => {
  await close();
  await folders.removeAll();
});

test("keys are created and shown once, listed without their secrets, and revoked", async () => {
  expect((await runCommand(folder, "keys")).stdout).toBe("No API keys.\n");
  const scopes = ["--scope", "predict:late-trip", "read", "--expires", "90d"];
  const first = await runJson<Issued>(folder, ["keys", "create", "web shop", ...scopes]);
  expect(first.key).toMatch(new RegExp(`^mw_${first.record.id}_[\\w-]{43}$`));
  expect(first.record.scopes).toEqual(["predict:late-trip", "read"]);
  expect((first.record.expiresAtMs ?? 0) - first.record.createdAtMs).toBe(90 * 86_400_000);

  const shown = await runCommand(folder, "keys", "create", "ops", "--scope", "*", "--quiet");
  expect(shown.stdout).toMatch(/^mw_[0-9a-z]{12}_[\w-]{43}\n$/);
  expect(shown.stderr).toMatch(
    /^Key [0-9a-z]{12} of ops for \*\. It does not expire\.\nIt is not shown again\.\nServers of this project ask nobody for a key yet: .*\n$/,
  );

  expect(await runJson(folder, ["keys", "revoke", first.record.id])).toMatchObject({ id: first.record.id });
  const { keys } = await runJson<Listed>(folder, ["keys", "list"]);
  expect(keys.map(({ name, revokedAtMs }) => [name, revokedAtMs !== null])).toEqual([
    ["ops", false],
    ["web shop", true],
  ]);
  const listed = await runCommand(folder, "keys", "list");
  expect(listed.stdout).toMatch(/^key +name +scopes +state +created +last used\n/);
  expect(listed.stdout).toMatch(/ web shop +predict:late-trip read +revoked 20\d\d-/);
  for (const output of [listed.stdout, JSON.stringify(keys)]) {
    expect(output).not.toContain(first.key.slice(-43));
    expect(output).not.toContain("secretHash");
  }
});

test("a key for what the project does not have, or that no server asks for, is made with a warning", async () => {
  const warned = ["keys", "create", "shop", "--scope", "predict:late-trips", "ingest:trips", "read:*"];
  const open = await runCommand(folder, ...warned, "--json");
  expect(open.stderr).toBe(
    'The scope predict:late-trips is for a model that the project does not have yet. Did you mean "late-trip"?\n' +
      "Servers of this project ask nobody for a key yet: give the configuration serving: { access: { } } for that.\n",
  );
  const { warnings } = JSON.parse(open.stdout) as { readonly warnings: readonly string[] };
  expect(warnings.map((warning) => `${warning}\n`).join("")).toBe(open.stderr);

  const config = await readFile(join(folder, "millwright.config.ts"), "utf8");
  const guarded = config.replace("defineProject({", "defineProject({ serving: { access: {} },");
  await writeFile(join(folder, "millwright.config.ts"), guarded);
  const asked = await runJson<{ readonly warnings: readonly string[] }>(folder, [
    ...["keys", "create", "shop", "--scope", "predict:late-trip", "ingest:tripz"],
  ]);
  expect(asked.warnings).toEqual([
    'The scope ingest:tripz is for a source that the project does not have yet. Did you mean "trips"?',
  ]);
});

test("wrong arguments are told", async () => {
  const unknown = await failure(folder, ["keys", "revoke", "nobody"]);
  expect(unknown).toMatchObject({ exit: 2, error: { code: "MW1605" } });
  const scope = await failure(folder, ["keys", "create", "a", "--scope", "predikt:x"]);
  expect(scope).toMatchObject({ exit: 2, error: { code: "MW1615", remedy: 'Did you mean "predict"?' } });
  expect((await runCommand(folder, "keys", "create", "a")).code).toBe(2);
  expect((await runCommand(folder, "keys", "create", "a", "--scope", "*", "--expires", "soon")).code).toBe(2);
});
