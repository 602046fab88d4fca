import { storageErrors, type MillwrightError } from "../../kernel/index.js";

/** The error of a write that the system refused: a full disk, a size limit, missing rights. */
export function writeFailed(path: string, cause: unknown): MillwrightError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
  return storageErrors.error("MW1003", {
    expected: `${path} to take a write`,
    found: code ?? message,
    remedy: full
      ? "Free disk space or raise the limit, and try again."
      : "Check the rights and the state of the disk.",
    details: { path, errno: code },
    cause,
  });
}
