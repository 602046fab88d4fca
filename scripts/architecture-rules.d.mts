import type { IConfiguration } from "dependency-cruiser";

/** The names of all rules, each with the reason that stands behind it. */
export const ruleReasons: Readonly<Record<string, string>>;

/** The configuration that .dependency-cruiser.mjs hands to the tool. */
export function dependencyCruiserConfig(): Required<Pick<IConfiguration, "forbidden" | "options">>;
