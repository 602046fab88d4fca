/**
 * The nearest "nice" number: 1, 2 or 5 times a power of ten. Rounds when `round`, else takes the
 * ceiling. Paul Heckbert, "Nice Numbers for Graph Labels", Graphics Gems (1990).
 */
export function niceNumber(value: number, round: boolean): number {
  const exponent = Math.floor(Math.log10(value));
  const fraction = value / 10 ** exponent;
  const limits = round ? [1.5, 3, 7] : [1, 2, 5];
  const nice = round
    ? fraction < limits[0]
      ? 1
      : fraction < limits[1]
        ? 2
        : fraction < limits[2]
          ? 5
          : 10
    : fraction <= limits[0]
      ? 1
      : fraction <= limits[1]
        ? 2
        : fraction <= limits[2]
          ? 5
          : 10;
  return exponent < 0 ? nice / 10 ** -exponent : nice * 10 ** exponent;
}

/** The step between about `wanted` ticks over [low, high]; 0 when the range is empty. */
export function niceStep(low: number, high: number, wanted: number): number {
  const span = high - low;
  return span > 0 && Number.isFinite(span) ? niceNumber(span / Math.max(1, wanted - 1), true) : 0;
}

/** Multiples of the nice step that lie within [low, high], ascending. One tick for an empty range. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const step = niceStep(low, high, wanted);
  if (step === 0) return Number.isFinite(low) ? [low] : [];
  const slack = 1e-9;
  const first = Math.ceil(low / step - slack);
  const last = Math.floor(high / step + slack);
  return Array.from({ length: last - first + 1 }, (_, i) => multiple(first + i, step));
}

/** The smallest range of whole nice steps that contains [low, high] (Heckbert's loose labels). */
export function niceDomain(low: number, high: number, wanted: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low === high)
    return low === 0 ? [0, 1] : niceDomain(Math.min(0, 2 * low), Math.max(0, 2 * low), wanted);
  const step = niceStep(low, high, wanted);
  return [multiple(Math.floor(low / step + 1e-9), step), multiple(Math.ceil(high / step - 1e-9), step)];
}

/** 1, 2 and 5 times powers of ten within [low, high]; thinned to powers of ten over three decades. */
export function logTicks(low: number, high: number): number[] {
  const mantissas = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const mantissa of mantissas) {
      const tick = power < 0 ? mantissa / 10 ** -power : mantissa * 10 ** power;
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push(tick);
    }
  }
  return found;
}

/** Decimals that tell neighbouring ticks apart (Heckbert's nfrac). */
export function tickDecimals(values: readonly number[]): number {
  if (values.length < 2) return 2;
  return Math.max(0, -Math.floor(Math.log10(values[1] - values[0]) + 1e-9));
}

/** Dividing by the reciprocal keeps 3 × 0.1 at 0.3 instead of 0.30000000000000004. */
function multiple(factor: number, step: number): number {
  return step < 1 ? factor / Math.round(1 / step) : factor * step;
}
