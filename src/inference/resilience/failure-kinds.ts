import { isMillwrightError } from "../../kernel/index.js";

/** The model or its engine failed: what a breaker counts. */
const backend = new Set(["MW0703", "MW0705", "MW0708", "MW0709", "MW0713", "MW0716", "MW0718"]);
/** The caller gave what no model could answer. */
const badInput = new Set(["MW0704", "MW0707"]);
/** Not a failure of the model: the caller went away, or the version was replaced and its successor can be asked. */
const passing = new Set(["MW0105", "MW0706", "MW0712"]);

/** The code of an error, or the name of one that has none. */
export function codeOf(error: unknown): string {
  if (isMillwrightError(error)) return error.code;
  return error instanceof Error ? error.name : "unknown";
}

/** Whether an error says something about the health of a model. */
export const isBackendFailure = (error: unknown): boolean => backend.has(codeOf(error));

/** Whether a call would end in the same way, however often and wherever it is made. */
export const isOfCaller = (error: unknown): boolean => badInput.has(codeOf(error));

/** Whether something may stand in for the answer that is missing. */
export const allowsFallback = (error: unknown): boolean => !isOfCaller(error) && !passing.has(codeOf(error));
