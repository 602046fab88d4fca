import type { Interval } from "./report-data.js";

/** Shown where a figure could not be computed. */
const absent = "—";

type Maybe = number | null | undefined;

const isNumber = (value: Maybe): value is number => typeof value === "number" && Number.isFinite(value);

/** A number with a fixed count of decimals and a true minus sign. */
export function decimals(value: Maybe, digits: number): string {
  if (!isNumber(value)) return absent;
  return value
    .toFixed(digits)
    .replace(/^-(?=.*[1-9])/, "−")
    .replace(/^-/, "");
}

/** A whole number with thousands separated, e.g. 3,000,000. */
export function count(value: Maybe): string {
  if (!isNumber(value)) return absent;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",")
    .replace("-", "−");
}

/** A share of 1 in per cent, e.g. 19.8 %. Small shares keep their first digit. */
export function percent(value: Maybe): string {
  if (!isNumber(value)) return absent;
  const share = value * 100;
  if (share !== 0 && Math.abs(share) < 0.05) return "< 0.1 %";
  return `${decimals(share, 1)} %`;
}

/** A difference of shares in percentage points, e.g. 1.3 points. */
export function points(value: Maybe): string {
  return isNumber(value) ? `${decimals(value * 100, 1)} points` : absent;
}

/** The shortest text of a round number, for ticks: 0.2, 5, 100. */
export function plain(value: number): string {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** Three to four significant digits for a column of mixed magnitudes. */
export function general(value: Maybe): string {
  if (!isNumber(value)) return absent;
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  if (size >= 100 || Number.isInteger(value)) return decimals(value, Number.isInteger(value) ? 0 : 1);
  if (size >= 0.01) return decimals(value, size >= 10 ? 1 : 3);
  return value.toExponential(1).replace("-", "−");
}

/** A span of time with its unit, from milliseconds. */
export function milliseconds(value: Maybe): string {
  if (!isNumber(value)) return absent;
  if (value >= 1000) return `${decimals(value / 1000, 2)} s`;
  return `${decimals(value, value >= 100 ? 0 : value >= 10 ? 1 : 2)} ms`;
}

/** A span of time with its unit, from seconds. */
export function seconds(value: Maybe): string {
  if (!isNumber(value)) return absent;
  if (value < 1) return `${decimals(value * 1000, 0)} ms`;
  if (value < 60) return `${decimals(value, 1)} s`;
  return `${Math.floor(value / 60)} min ${decimals(Math.floor(value % 60), 0)} s`;
}

/** "0.751 – 0.764", or a dash when there is no interval. */
export function range(interval: Interval, digits: number): string {
  if (!isNumber(interval.low) || !isNumber(interval.high)) return absent;
  return `${decimals(interval.low, digits)} – ${decimals(interval.high, digits)}`;
}

/** 2001-06-30 in UTC. */
export function day(ms: Maybe): string {
  return isNumber(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().slice(0, 10) : absent;
}

/** 2001-06-30 14:05 UTC. */
export function minute(ms: Maybe): string {
  if (!isNumber(ms) || Math.abs(ms) > 8.64e15) return absent;
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** 30 Jun, for axes that already say the year. */
export function shortDay(ms: Maybe): string {
  if (!isNumber(ms) || Math.abs(ms) > 8.64e15) return absent;
  const date = new Date(ms);
  const month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[date.getUTCMonth()];
  return `${date.getUTCDate()} ${month}`;
}

/** Text with its first letter in upper case. */
export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/**
 * Text cut to a length with an ellipsis inside: the end stays, since names of features differ there
 * (`origin_mean_delay_1h`, `origin_mean_delay_3h`).
 */
export function clip(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const head = Math.floor((length - 1) * 0.4);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (length - 1 - head)).join("")}`;
}
