import type { MillwrightError } from "../../kernel/index.js";
import { oipErrors } from "../oip-errors.js";
import { clip } from "../refusals.js";

/** What was found, as JSON of at most 200 characters. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return clip(JSON.stringify(value.slice(0, 200)));
    case "number":
    case "boolean":
      return `${value}`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `an array of ${value.length}` : "an object";
    default:
      return "nothing";
  }
}

/** MW0817. */
export function badRequest(expected: string, found: string, remedy = specified): MillwrightError {
  return oipErrors.error("MW0817", { expected: clip(expected), found: clip(found), remedy: clip(remedy) });
}

/** MW0818. */
export function badData(expected: string, found: string): MillwrightError {
  const remedy = "Send as many elements as the shape says, row by row, each of the input's datatype.";
  return oipErrors.error("MW0818", { expected: clip(expected), found: clip(found), remedy });
}

/** MW0819, of a tensor's bytes over whichever protocol they came. */
export function badBinary(expected: string, found: string, remedy = bytesAlone): MillwrightError {
  return oipErrors.error("MW0819", { expected: clip(expected), found: clip(found), remedy });
}

/** MW0819, of a body of JSON and bytes. */
export const badBody = (expected: string, found: string): MillwrightError =>
  badBinary(
    expected,
    found,
    "Send the JSON, as many bytes as the header says, then each binary input's bytes in the order of the inputs.",
  );

const bytesAlone =
  "Send each input's bytes in the order of the inputs: little-endian, row by row, without gaps, and before each text " +
  "its length.";

const specified = "The body is the JSON of an inference request of the Open Inference Protocol V2.";
