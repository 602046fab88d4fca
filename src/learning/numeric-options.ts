import { didYouMean, type ErrorFacts } from "../kernel/index.js";
import { learningErrors } from "./errors.js";

/** What an option may be. Bounds are inclusive. */
export interface NumericRule {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** Fills in defaults and checks every value. Throws MW0401, also for an option that no rule names. */
export function compileOptions<Name extends string>(
  rules: Readonly<Record<Name, NumericRule>>,
  given: Readonly<Partial<Record<Name, number>>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(rules) as Name[];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(rules, name)) continue;
    throw badOption(name, {
      expected: `one of ${names.join(", ")}`,
      found: `"${name}"`,
      remedy: didYouMean(name, names),
    });
  }
  const entries = names.map((name) => [name, checked(name, rules[name], given[name])] as const);
  return Object.freeze(Object.fromEntries(entries) as Record<Name, number>);
}

function checked(name: string, rule: NumericRule, value: number | undefined): number {
  if (value === undefined) return rule.default;
  const fits = value >= rule.min && value <= rule.max && (!rule.whole || Number.isInteger(value));
  if (typeof value === "number" && fits) return value;
  const expected = `${name} to be a ${rule.whole ? "whole " : ""}number from ${rule.min} to ${rule.max}`;
  throw badOption(name, { expected, found: String(value), remedy: `The default is ${rule.default}.` });
}

function badOption(option: string, facts: ErrorFacts) {
  return learningErrors.error("MW0401", { ...facts, details: { option } });
}
