/** Events of one block of a column of numbers stay in the processor's cache: 128 KB. */
export const blockRows = 1 << 14;
