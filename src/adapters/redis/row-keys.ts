/**
 * Names of what is kept of an entity: `prefix:space:{key}=` for its meta, `prefix:space:{key}:field` for a field.
 * The braces are a hash tag, so that in a cluster all views of an entity lie together. No two have one name:
 * prefix, space and field hold no braces of their own, so the last one ends the key; and a key that is no valid
 * Unicode, which UTF-8 cannot hold, is written otherwise.
 */
export interface RowKeys {
  /** What all names of an entity begin with. */
  row(space: string, key: string): string;
  /** What follows: for the meta, then for each field; the same list is written out once. */
  suffixes(fields: readonly string[]): readonly string[];
  /** Matches the names of all entities of a space, and no others. */
  pattern(space: string): string;
}

/** What follows a row for its meta. */
const metaSuffix = "=";

const plain = (part: string) => escapeSurrogates(part).replace(/[%{}]/g, encodeURIComponent);

/** Unpaired surrogates as `\uXXXX`, and backslashes doubled to keep them apart. */
const escapeSurrogates = (text: string) =>
  text.replace(/\\|\p{Surrogate}/gu, (unit) =>
    unit === "\\" ? "\\\\" : `\\u${unit.charCodeAt(0).toString(16)}`,
  );

const globbed = (text: string) => text.replace(/[\\*?[\]^]/g, "\\$&");

export function rowKeys(prefix: string): RowKeys {
  const spaces = new Map<string, string>();
  /** The entities of one read share their list of fields, and so do the reads of some minutes. */
  const suffixes = new WeakMap<readonly string[], readonly string[]>();

  /** What the names of a space begin with; there are as many spaces as views. */
  function spaceRow(space: string): string {
    let row = spaces.get(space);
    if (row === undefined) spaces.set(space, (row = `${plain(prefix)}:${plain(space)}:`));
    return row;
  }

  return Object.freeze({
    row(space: string, key: string) {
      const row = spaceRow(space);
      return /\p{Surrogate}/u.test(key) ? `${row}{${escapeSurrogates(key)}}~` : `${row}{${key}}`;
    },
    suffixes(fields: readonly string[]) {
      let known = suffixes.get(fields);
      if (known === undefined) {
        known = [metaSuffix, ...fields.map((field) => `:${plain(field)}`)];
        suffixes.set(fields, known);
      }
      return known;
    },
    pattern: (space: string) => `${globbed(spaceRow(space))}{*`,
  });
}
