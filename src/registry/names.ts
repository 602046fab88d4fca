import { registryErrors } from "./errors.js";

/** A name is never a number, so that a reference is either a version or an alias. */
export const namePattern = /^[a-z][a-z0-9_.-]{0,62}$/;

/** Returns the name of a model or an alias, or throws MW0611. */
export function checkName(what: "model" | "alias", name: string): string {
  if (namePattern.test(name)) return name;
  throw registryErrors.error("MW0611", {
    expected: "a lower-case letter, then up to 62 lower-case letters, digits, _, . or -",
    found: JSON.stringify(name),
    remedy: `Choose another name for the ${what}.`,
    details: { [what]: name },
  });
}
