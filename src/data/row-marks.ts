/** A set of rows: one bit each once there is one, nothing before. */
export interface RowMarks {
  readonly count: number;
  add(row: number): void;
  addAll(other: RowMarks): void;
  has(row: number): boolean;
  /** The rows, ascending. */
  rows(): Generator<number>;
  /** Bit `r % 32` of word `r >>> 5` is row r; empty as long as there is none. */
  words(): Uint32Array;
}

export function rowMarks(rowCount: number): RowMarks {
  let words = new Uint32Array(0);
  let count = 0;
  const begin = () => {
    if (words.length === 0) words = new Uint32Array((rowCount + 31) >>> 5);
  };
  return {
    get count() {
      return count;
    },
    add(row) {
      begin();
      const bit = 1 << (row & 31);
      if ((words[row >>> 5] & bit) !== 0) return;
      words[row >>> 5] |= bit;
      count++;
    },
    addAll(other) {
      if (other.count === 0) return;
      begin();
      const added = other.words();
      count = 0;
      for (let i = 0; i < words.length; i++) {
        words[i] |= added[i];
        count += bitCount(words[i]);
      }
    },
    has: (row) => count > 0 && (words[row >>> 5] & (1 << (row & 31))) !== 0,
    *rows() {
      for (let i = 0; i < words.length; i++) {
        // The lowest bit is taken off until none is left.
        for (let word = words[i]; word !== 0; word &= word - 1) yield i * 32 + 31 - Math.clz32(word & -word);
      }
    },
    words: () => words,
  };
}

/** The rows of all sets together. */
export function unionOf(sets: Iterable<RowMarks>, rowCount: number): RowMarks {
  const union = rowMarks(rowCount);
  for (const set of sets) union.addAll(set);
  return union;
}

/** Bits that are set in a word of 32 (Warren, Hacker's Delight, 5-1). */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
