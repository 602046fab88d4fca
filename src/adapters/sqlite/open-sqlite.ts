import type { ApiKeyStore } from "../../access/index.js";
import type { DatasetCatalog } from "../../data/index.js";
import type { FeatureSpaceCatalog } from "../../features/index.js";
import type { Clock } from "../../kernel/index.js";
import type { RegistryStore } from "../../registry/index.js";
import type { RunStore } from "../../training/index.js";
import { sqliteApiKeyStore } from "./api-key-store.js";
import { openDatabase } from "./database.js";
import { sqliteDatasetCatalog } from "./dataset-catalog.js";
import { sqliteFeatureSpaceCatalog } from "./feature-space-catalog.js";
import { sqliteRegistryStore } from "./registry-store.js";
import { sqliteRunStore } from "./run-store.js";

/** The metadata of a project in one file. */
export interface SqliteStores {
  readonly datasets: DatasetCatalog;
  readonly registry: RegistryStore;
  readonly runs: RunStore;
  readonly spaces: FeatureSpaceCatalog;
  readonly apiKeys: ApiKeyStore;
  /** Ends the connection; the stores must not be used after it. */
  close(): void;
}

export interface SqliteOptions {
  readonly clock: Clock;
  /** How long a call waits, blocking, for another process's write transaction. 10 s by default. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the metadata of a project, making the file if there is none; its folder must exist. Any number
 * of processes may have it open. Throws MW1008 to MW1011.
 */
export function openSqlite(path: string, { clock, busyTimeoutMs = 10_000 }: SqliteOptions): SqliteStores {
  const database = openDatabase(path, busyTimeoutMs);
  return Object.freeze({
    datasets: sqliteDatasetCatalog(database),
    registry: sqliteRegistryStore(database, clock),
    runs: sqliteRunStore(database),
    spaces: sqliteFeatureSpaceCatalog(database),
    apiKeys: sqliteApiKeyStore(database),
    close: () => {
      database.close();
    },
  });
}
