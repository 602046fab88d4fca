import { trainingErrors } from "../errors.js";

/** MW0532. */
export function badTuning(expected: string, found: string) {
  return trainingErrors.error("MW0532", { expected, found, remedy: "Mend the model's tuning." });
}
