/**
 * Names of the hashes of entities: `prefix:space:{key}`. The braces are a hash tag, so that in a cluster all
 * views of an entity lie together. No two entities have one name: prefix and space hold no braces of their
 * own, and a key that is no valid Unicode, which UTF-8 cannot hold, is written otherwise.
 */
export interface RowKeys {
  of(space: string, key: string): string;
  /** Matches the names of all entities of a space, and no others. */
  pattern(space: string): string;
}

const plain = (part: string) => escapeSurrogates(part).replace(/[%{}]/g, encodeURIComponent);

/** Unpaired surrogates as `\uXXXX`, and backslashes doubled to keep them apart. */
const escapeSurrogates = (text: string) =>
  text.replace(/\\|\p{Surrogate}/gu, (unit) =>
    unit === "\\" ? "\\\\" : `\\u${unit.charCodeAt(0).toString(16)}`,
  );

const globbed = (text: string) => text.replace(/[\\*?[\]^]/g, "\\$&");

export function rowKeys(prefix: string): RowKeys {
  const rows = new Map<string, string>();

  /** What the names of a space begin with; there are as many spaces as views. */
  function rowsOf(space: string): string {
    let row = rows.get(space);
    if (row === undefined) rows.set(space, (row = `${plain(prefix)}:${plain(space)}:`));
    return row;
  }

  return Object.freeze({
    of(space: string, key: string) {
      const row = rowsOf(space);
      return /\p{Surrogate}/u.test(key) ? `${row}{${escapeSurrogates(key)}}~` : `${row}{${key}}`;
    },
    pattern: (space: string) => `${globbed(rowsOf(space))}{*`,
  });
}
