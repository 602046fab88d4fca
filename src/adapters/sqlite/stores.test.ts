import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { describeApiKeyStoreContract } from "../../../test/contracts/api-key-store.js";
import { describeDatasetCatalogContract } from "../../../test/contracts/dataset-catalog.js";
import { describeFeatureSpaceCatalogContract } from "../../../test/contracts/feature-space-catalog.js";
import { describeRegistryStoreContract } from "../../../test/contracts/registry-store.js";
import { describeRunStoreContract } from "../../../test/contracts/run-store.js";
import { manualClock, type Clock } from "../../kernel/index.js";
import { openSqlite, type SqliteStores } from "./index.js";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

/** Stores over a file of their own, which the end of the test removes. */
function fresh(clock: Clock = manualClock()): SqliteStores {
  const folder = mkdtempSync(join(tmpdir(), "millwright-sqlite-"));
  undo.push(() => rmSync(folder, { recursive: true }));
  const stores = openSqlite(join(folder, "metadata.db"), { clock });
  undo.push(() => stores.close());
  return stores;
}

describeDatasetCatalogContract("sqlite", async () => fresh().datasets);
describeRegistryStoreContract("sqlite", async (clock) => fresh(clock).registry);
describeFeatureSpaceCatalogContract("sqlite", async () => fresh().spaces);
describeRunStoreContract("sqlite", async () => fresh().runs);
describeApiKeyStoreContract("sqlite", async () => fresh().apiKeys);
