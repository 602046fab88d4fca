/** The entries that were used last, by text; as many as it may hold. */
export interface RecentEntries<Entry> {
  /** Counts as a use. */
  get(key: string): Entry | undefined;
  /** Drops the entry that was not used for longest when there is no room. */
  set(key: string, entry: Entry): void;
  delete(key: string): void;
}

/** A map remembers the order in which keys were put: a key that is used is put at the end again. */
export function recentEntries<Entry>(capacity: number): RecentEntries<Entry> {
  const entries = new Map<string, Entry>();
  return Object.freeze({
    get(key: string) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
    set(key: string, entry: Entry) {
      entries.delete(key);
      if (entries.size >= capacity) {
        const { value, done } = entries.keys().next();
        if (done !== true) entries.delete(value);
      }
      entries.set(key, entry);
    },
    delete(key: string) {
      entries.delete(key);
    },
  });
}
