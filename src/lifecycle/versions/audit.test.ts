import { expect, test } from "vitest";
import { memoryRegistryStore } from "../../adapters/memory/index.js";
import { manualClock } from "../../kernel/index.js";
import type { AuditEntry, RegistryStore } from "../../registry/index.js";
import { audit } from "./audit.js";
import type { Project } from "../project.js";

async function registry(): Promise<RegistryStore> {
  const store = memoryRegistryStore(manualClock(1_000));
  for (const packageId of ["p1", "p2", "p3"]) {
    await store.register({ model: "delay", packageId, runId: null });
  }
  await store.retire({ model: "delay", version: 1, reason: "old" });
  return store;
}

/** A project whose registry shows another log. */
const withLog = (store: RegistryStore, change: (entries: readonly AuditEntry[]) => readonly AuditEntry[]) =>
  ({ registry: { ...store, auditLog: async () => change(await store.auditLog()) } }) as Project;

test("lists without judging, and verifies when asked", async () => {
  const store = await registry();
  const listed = await audit(
    withLog(store, (entries) => entries),
    { verify: false },
  );
  expect(listed.entries.map(({ event }) => event.action)).toEqual([
    "register",
    "register",
    "register",
    "retire",
  ]);
  expect(listed.head).toBeNull();
  const { head } = await audit(
    withLog(store, (entries) => entries),
    { verify: true },
  );
  expect(head).toEqual({ sequence: 4, hash: listed.entries[3].hash });
});

test("a changed, a moved and a removed entry are MW0612", async () => {
  const store = await registry();
  const changes: ((entries: readonly AuditEntry[]) => readonly AuditEntry[])[] = [
    (entries) => entries.with(1, { ...entries[1], atMs: 5 }),
    (entries) => entries.with(1, entries[2]).with(2, entries[1]),
    (entries) => entries.toSpliced(1, 1),
  ];
  for (const change of changes) {
    const project = withLog(store, change);
    expect((await audit(project, { verify: false })).entries.length).toBeGreaterThan(2);
    await expect(audit(project, { verify: true })).rejects.toMatchObject({
      code: "MW0612",
      details: { sequence: 2 },
    });
  }
});

test("a cut tail is MW0613 against a noted head, and MW0614 against the tables", async () => {
  const store = await registry();
  const head = (await store.auditLog()).at(-1)?.hash ?? "";
  const project = withLog(store, (entries) => entries.slice(0, 3));
  await expect(audit(project, { verify: false, head })).rejects.toMatchObject({ code: "MW0613" });
  await expect(audit(project, { verify: true })).rejects.toMatchObject({ code: "MW0614" });
});

test("what is written meanwhile is read again, not called a difference", async () => {
  const store = await registry();
  let late = 2;
  const busy: RegistryStore = {
    ...store,
    list: async (model) => {
      const versions = await store.list(model);
      if (late-- > 0) await store.register({ model: "delay", packageId: `late${late}`, runId: null });
      return versions;
    },
  };
  expect((await audit({ registry: busy } as Project, { verify: true })).entries).toHaveLength(6);
});
