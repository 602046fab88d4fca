import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { describeAppendLogContract } from "../../../test/contracts/append-log.js";
import { describeBlobStoreContract } from "../../../test/contracts/blob-store.js";
import { describeDatasetCatalogContract } from "../../../test/contracts/dataset-catalog.js";
import { memoryAppendLog } from "./append-log.js";
import { memoryBlobStore } from "./blob-store.js";
import { memoryDatasetCatalog } from "./dataset-catalog.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-memory-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describeBlobStoreContract("memory", () => Promise.resolve(memoryBlobStore(folder)));
describeAppendLogContract("memory", () => Promise.resolve(memoryAppendLog()));
describeDatasetCatalogContract("memory", () => Promise.resolve(memoryDatasetCatalog()));
