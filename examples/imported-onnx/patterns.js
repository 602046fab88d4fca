/** Ten patterns of 8 × 8 pixels, the same in every run: a linear congruential generator (Numerical Recipes). */
export const classes = 10;
export const pixels = 64;

let state = 7;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;

export const patterns = Array.from({ length: classes }, () =>
  Array.from({ length: pixels }, () => (next() < 0.5 ? 0 : 1)),
);
