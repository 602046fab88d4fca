import { accessErrors } from "./errors.js";

/** MW1615. */
export const badAccess = (expected: string, found: string, remedy = "Mend the configuration of access.") =>
  accessErrors.error("MW1615", { expected, found, remedy });
