/** A number of two significant digits that is at least `target`, and at least `seen` whatever rounding does. */
export function widenUp(seen: number, target: number): number {
  return Math.max(seen, outwards(target, Math.ceil));
}

/** A number of two significant digits that is at most `target`, and at most `seen` whatever rounding does. */
export function widenDown(seen: number, target: number): number {
  return Math.min(seen, outwards(target, Math.floor));
}

function outwards(target: number, round: (value: number) => number): number {
  if (target === 0) return 0;
  const exponent = Math.floor(Math.log10(Math.abs(target))) - 1;
  // Scaling by a power of ten that is a fraction rounds; dividing by a whole one does not.
  const rounded =
    exponent < 0
      ? round(target * 10 ** -exponent) / 10 ** -exponent
      : round(target / 10 ** exponent) * 10 ** exponent;
  return Number.isFinite(rounded) ? rounded + 0 : target;
}
