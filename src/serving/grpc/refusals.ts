import type { MillwrightError } from "../../kernel/index.js";
import { grpcErrors } from "../grpc-errors.js";
import { clip } from "../refusals.js";

/** MW0823. */
export function inconsistent(
  expected: string,
  found: string,
  remedy = "Mend the request; ModelMetadata says what the model takes and gives.",
): MillwrightError {
  return grpcErrors.error("MW0823", { expected: clip(expected, 500), found: clip(found), remedy });
}

/** MW0824. */
export function undecodable(method: string, cause: unknown): MillwrightError {
  return grpcErrors.error("MW0824", {
    expected: `the message of ${method}`,
    found: clip(cause instanceof Error ? cause.message : String(cause)),
    remedy: "Generate the client's code from the protocol's definition, or use an official client.",
  });
}

/** MW0825. */
export function notOffered(what: string, remedy: string): MillwrightError {
  return grpcErrors.error("MW0825", { expected: "what this server offers", found: clip(what), remedy });
}
