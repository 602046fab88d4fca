/** Rows are handled in blocks of so many. */
export const blockBits = 10;
export const blockRows = 1 << blockBits;

/** Where the fixed parts of a thread's WebAssembly memory begin, in bytes. */
export const memoryMap = {
  /** Packed sums of the bins of eight features; zero between uses. */
  packedSums: 0,
  /** Per bin 4 if its rows go left, else 0. */
  sides: 16_384,
  /** Bounds of one feature's bins. */
  bounds: 16_640,
  /** Values of one feature in one block. */
  values: 17_664,
  /** Gradients and hessians of one block, float32. */
  blockG: 21_760,
  blockH: 25_856,
  /** What the last scan found: ΣG and ΣH of the left side, and the split's value. */
  found: 29_952,
  /** Everything of variable size. */
  free: 30_016,
} as const;
