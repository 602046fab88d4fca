import type { DuckDBConnection } from "@duckdb/node-api";

/** The texts of a column, and numbers by which rows name them. */
interface TextDictionary {
  /** Sorted by their UTF-8 bytes. */
  readonly texts: string[];
  /** The number of a row's text, as SQL; null has one too. */
  readonly mark: string;
  /** The place of a marked text in `texts`; −1 for null. */
  readonly codeOf: (mark: number) => number;
}

/**
 * Reads the texts of a column. They are marked by bits of DuckDB's hash, because a hash is computed once for
 * each text of a Parquet dictionary, where a search in an enumeration costs as much as all other reading. No
 * two texts of the column have one mark: were it so, another salt is taken.
 */
export async function readDictionary(
  connection: DuckDBConnection,
  { quoted, from }: { readonly quoted: string; readonly from: string },
): Promise<TextDictionary> {
  for (let salt = 0; ; salt++) {
    const mark = markSql(quoted, salt);
    const distinct = `SELECT DISTINCT ${quoted} FROM ${from}`;
    const read = await connection.runAndReadAll(
      `SELECT ${quoted}, ${mark} FROM (${distinct}) ORDER BY ${quoted} NULLS LAST`,
    );
    const [texts = [], marks = []] = read.getColumns();
    const codeOf = codesByMark(marks as number[], texts.indexOf(null));
    if (codeOf !== undefined) {
      return { texts: texts.filter((text) => text !== null).map(String), mark, codeOf };
    }
  }
}

/** As many bits as a number holds exactly. */
const markSql = (text: string, salt: number): string => `(hash(${text}, ${salt}) >> 11)::DOUBLE`;

/**
 * The places of marks, in a table with open addressing; −1 is the place of null. Undefined if two marks are
 * equal.
 */
export function codesByMark(
  marks: readonly number[],
  nullAt: number,
): ((mark: number) => number) | undefined {
  const mask = 2 ** Math.ceil(Math.log2(2 * marks.length + 1)) - 1;
  const keys = new Float64Array(mask + 1).fill(NaN);
  const codes = new Int32Array(mask + 1);
  for (const [place, mark] of marks.entries()) {
    let slot = mark & mask;
    while (!Number.isNaN(keys[slot]) && keys[slot] !== mark) slot = (slot + 1) & mask;
    if (keys[slot] === mark) return undefined;
    keys[slot] = mark;
    codes[slot] = place === nullAt ? -1 : place;
  }
  return (mark) => {
    let slot = mark & mask;
    for (; keys[slot] !== mark; slot = (slot + 1) & mask) {
      if (Number.isNaN(keys[slot])) throw new TypeError("the file changed while it was read");
    }
    return codes[slot];
  };
}
