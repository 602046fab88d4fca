/** So many of the first `count` whole numbers at most, evenly spaced, ascending. */
export function evenlySpaced(count: number, wanted: number): Uint32Array {
  const step = Math.max(1, count / wanted);
  return Uint32Array.from({ length: Math.min(wanted, count) }, (_, i) => Math.floor(i * step));
}
