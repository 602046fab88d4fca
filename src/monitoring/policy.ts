import { didYouMean } from "../kernel/index.js";
import { monitoringErrors } from "./errors.js";

/** Says what a valid value is, and whether a value is one. */
export interface Rule {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

export const wholeNumberFrom = (least: number): Rule => ({
  expected: `a whole number of at least ${least}`,
  accepts: (value) => Number.isInteger(value) && (value as number) >= least,
});

export const numberBetween = (low: number, high: number): Rule => ({
  expected: `a number above ${low} and below ${high}`,
  accepts: (value) => typeof value === "number" && value > low && value < high,
});

export const oneOf = (...values: readonly unknown[]): Rule => ({
  expected: values.map((value) => JSON.stringify(value)).join(" or "),
  accepts: (value) => values.includes(value),
});

/**
 * Fills in defaults once, and refuses unknown keys and values outside their rule.
 * @param defaults every key of the policy with its default
 * @param rules one rule a key
 * @param given what the user wrote; an undefined value means the default
 * @throws MW0901
 */
export function compilePolicy<Policy extends object>(
  defaults: Policy,
  rules: Readonly<Record<keyof Policy, Rule>>,
  given: Readonly<Partial<Policy>>,
): Readonly<Policy> {
  const policy = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) throw unknownKey(name, Object.keys(rules));
    const key = name as keyof Policy;
    if (value === undefined) continue;
    if (!rules[key].accepts(value)) {
      throw monitoringErrors.error("MW0901", {
        expected: `${name} to be ${rules[key].expected}`,
        found: typeof value === "number" || typeof value === "string" ? String(value) : typeof value,
        remedy: "Correct the value, or leave it out for its default.",
        details: { key: name },
      });
    }
    policy[key] = value as Policy[keyof Policy];
  }
  return Object.freeze(policy);
}

function unknownKey(key: string, valid: readonly string[]) {
  return monitoringErrors.error("MW0901", {
    expected: `one of ${valid.join(", ")}`,
    found: `key "${key}"`,
    remedy: didYouMean(key, valid),
    details: { key },
  });
}
