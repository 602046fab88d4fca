import { parseTimestamp } from "../kernel/index.js";
import { checkBounds, describeBounds, impossible, within, type Bounds } from "./bounds.js";
import { compilePattern } from "./pattern.js";

/** What one value that is not null must be. Plain JSON. */
export type ValueRule =
  | { readonly rule: "between"; readonly min: number; readonly max: number }
  | { readonly rule: "oneOf"; readonly values: readonly (number | string)[] }
  | { readonly rule: "matches"; readonly pattern: string }
  | { readonly rule: "length"; readonly bounds: Bounds };

/** A rule with its words for people: "from -120 to 2000". */
export interface DescribedRule {
  readonly rule: ValueRule;
  readonly title: string;
}

/** Inclusive bounds of numbers, or of times as ISO texts or epoch milliseconds. Throws MW0214. */
export function betweenRule(
  range: readonly [number | string, number | string],
  where: string,
): DescribedRule {
  const numbers = isList(range)
    ? range.map((end) => (typeof end === "string" ? parseTimestamp(end) : end))
    : [];
  const [min, max] = numbers;
  if (numbers.length === 2 && Number.isFinite(min) && Number.isFinite(max) && min <= max) {
    return { rule: { rule: "between", min, max }, title: `from ${range[0]} to ${range[1]}` };
  }
  throw impossible(`between: [lowest, highest] of ${where}, the lowest first`, range);
}

/** Throws MW0214. */
export function oneOfRule(values: readonly (number | string)[], where: string): DescribedRule {
  const right =
    isList(values) &&
    values.length > 0 &&
    (values.every((value) => typeof value === "string") || values.every((value) => Number.isFinite(value)));
  if (!right) throw impossible(`oneOf: a list of texts or of numbers for ${where}`, values);
  const named = values.length <= 5 ? values : [...values.slice(0, 4), `${values.length - 4} more`];
  return {
    rule: { rule: "oneOf", values: Object.freeze([...values]) },
    title: `one of ${named.join(", ")}`,
  };
}

const isList = (values: unknown): boolean => Array.isArray(values);

/** Throws MW0215. */
export function matchesRule(pattern: string, where: string): DescribedRule {
  compilePattern(pattern, where);
  return { rule: { rule: "matches", pattern }, title: `matches ${pattern}` };
}

/** Throws MW0207, MW0214. */
export function lengthRule(bounds: Bounds, where: string): DescribedRule {
  const checked = checkBounds(bounds, `length of ${where}`, { min: 0, whole: true });
  return { rule: { rule: "length", bounds: checked }, title: `length ${describeBounds(checked)}` };
}

/** The one meaning of a rule, for a value that is not null. */
export function compileValueRule(rule: ValueRule): (value: number | string) => boolean {
  switch (rule.rule) {
    case "between":
      return (value) => (value as number) >= rule.min && (value as number) <= rule.max;
    case "oneOf": {
      const admitted = new Set(rule.values);
      return (value) => admitted.has(value);
    }
    case "matches": {
      const matches = compilePattern(rule.pattern, "a column");
      return (value) => matches(value as string);
    }
    case "length":
      return (value) => within(textLength(value as string), rule.bounds);
  }
}

/** Characters of a text: Unicode code points. */
export function textLength(text: string): number {
  let pairs = 0;
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.codePointAt(i) ?? 0) <= 0xffff) continue;
    pairs++;
    i++;
  }
  return text.length - pairs;
}
