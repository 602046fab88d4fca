import type { ErrorFacts } from "../../kernel/index.js";
import { featureErrors } from "../errors.js";

/** MW0306: a store and this process do not agree. */
export const outOfStep = (facts: ErrorFacts) => featureErrors.error("MW0306", facts);
