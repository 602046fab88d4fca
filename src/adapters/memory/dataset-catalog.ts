import type { DatasetCatalog, DatasetVersion } from "../../data/index.js";

/** A catalog of dataset versions that lives as long as the process. */
export function memoryDatasetCatalog(): DatasetCatalog {
  // In the order of recording: recording again moves a version to the end. Kept as JSON, so that no
  // caller can change an entry through a reference.
  const versions = new Map<string, string>();
  const idBySourceKey = new Map<string, string>();
  const parsed = (text: string) => JSON.parse(text) as DatasetVersion;
  const get = (id: string) => {
    const text = versions.get(id);
    return text === undefined ? undefined : parsed(text);
  };
  const list = (name?: string) =>
    [...versions.values()]
      .reverse()
      .map(parsed)
      .filter((version) => name === undefined || version.name === name);

  return Object.freeze({
    findBySourceKey: (sourceKey: string) => Promise.resolve(get(idBySourceKey.get(sourceKey) ?? "")),
    get: (id: string) => Promise.resolve(get(id)),
    latest: (name: string) => Promise.resolve(list(name)[0]),
    record(version: DatasetVersion, sourceKey: string) {
      versions.delete(version.id);
      versions.set(version.id, JSON.stringify(version));
      idBySourceKey.set(sourceKey, version.id);
      return Promise.resolve();
    },
    list: (name?: string) => Promise.resolve(list(name)),
  });
}
