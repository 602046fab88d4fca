import type { Feature, NumberFeature, TextFeature } from "../../learning/index.js";
import { binOf, quantileEdgesOfSorted, sortFinite } from "../../stats/index.js";

/** A condition on one column: the rows whose code lies in `[from, to)`. */
export interface Condition {
  /** Position among the columns. */
  readonly column: number;
  /** As people read it: `hour >= 18`. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** A column cut into few kinds of values, and what can be said of them. */
export interface CodedColumn {
  readonly name: string;
  /** The kind of value of each row. */
  readonly codes: Uint16Array;
  /** Codes lie below this. */
  readonly codeCount: number;
  readonly conditions: readonly Condition[];
}

export interface ConditionOptions {
  /** Quantile bins of a number. */
  readonly bins: number;
  /** The most frequent texts that become conditions. */
  readonly maxCategories: number;
}

/** Cuts a column: numbers at their quantiles, texts by value; missing values are a kind of their own. */
export function codeColumn(feature: Feature, column: number, options: ConditionOptions): CodedColumn {
  return feature.kind === "number"
    ? codeNumbers(feature, column, options.bins)
    : codeTexts(feature, column, options.maxCategories);
}

/** Short enough to read; single precision holds about seven digits. */
const shown = (value: number) => String(Number(value.toPrecision(6)));

/**
 * Bins between inner edges, and half-lines from every edge. Where there are no more distinct values than bins each is a
 * bin of its own.
 */
function codeNumbers({ name, values }: NumberFeature, column: number, bins: number): CodedColumn {
  const sorted = sortFinite(values);
  const distinct = [...new Set(sorted)].slice(0, bins + 1);
  const single = distinct.length <= bins;
  const inner = single ? distinct.slice(1) : quantileEdgesOfSorted(sorted, bins).slice(1, -1);
  const count = inner.length + 1;
  const condition = (text: string, from: number, to: number): Condition => ({ column, text, from, to });
  const binText = (bin: number) => {
    if (single) return `${name} = ${shown(distinct[bin])}`;
    if (bin === 0) return `${name} < ${shown(inner[0])}`;
    if (bin === count - 1) return `${name} >= ${shown(inner[bin - 1])}`;
    return `${shown(inner[bin - 1])} <= ${name} < ${shown(inner[bin])}`;
  };
  const ranges =
    count < 2
      ? []
      : [
          ...Array.from({ length: count }, (_, bin) => condition(binText(bin), bin, bin + 1)),
          ...inner.flatMap((edge, i) => [
            ...(i === 0 ? [] : [condition(`${name} < ${shown(edge)}`, 0, i + 1)]),
            ...(i === inner.length - 1 ? [] : [condition(`${name} >= ${shown(edge)}`, i + 1, count)]),
          ]),
        ];
  return {
    name,
    codes: Uint16Array.from(values, (value) => (Number.isFinite(value) ? binOf(inner, value) : count)),
    codeCount: count + 1,
    conditions: [...ranges, condition(`${name} is missing`, count, count + 1)],
  };
}

/** The most frequent texts, one code each; the rest share a code that no condition names. */
function codeTexts({ name, codes, dictionary }: TextFeature, column: number, most: number): CodedColumn {
  const counts = new Uint32Array(dictionary.length);
  for (const code of codes) if (code >= 0) counts[code]++;
  const missing = (code: number) => code < 0 || dictionary[code] === "";
  const frequent = Array.from(counts.keys())
    .filter((code) => counts[code] > 0 && !missing(code))
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .slice(0, most);
  const kept = new Map(frequent.map((code, number) => [code, number]));
  const count = frequent.length;
  return {
    name,
    codes: Uint16Array.from(codes, (code) => (missing(code) ? count : (kept.get(code) ?? count + 1))),
    codeCount: count + 2,
    conditions: [
      ...frequent.map((code, i) => ({ column, text: `${name} = ${dictionary[code]}`, from: i, to: i + 1 })),
      { column, text: `${name} is missing`, from: count, to: count + 1 },
    ],
  };
}
