import type { MillwrightError } from "../../kernel/index.js";
import type { PythonLimits } from "../../training/index.js";
import { pythonErrors } from "./errors.js";
import type { FailureMessage } from "./protocol.js";
import type { Ended } from "./supervise.js";

/** How a training ended that brought no model. */
export interface Failed {
  readonly ended: Ended;
  readonly failure: FailureMessage | undefined;
  readonly limits: PythonLimits;
  readonly memoryBytes: number;
  /** The last lines that were printed. */
  readonly lines: readonly string[];
}

/** The coded error of a training that brought no model: the cause that came first. */
export function verdictOf({ ended, failure, limits, memoryBytes, lines }: Failed): MillwrightError {
  const details = { lines, ...(failure === undefined ? {} : { trace: failure.trace }) };
  const { cut } = ended;
  if (typeof cut === "object") return cut.error;
  if (cut === "time") {
    return pythonErrors.error("MW1506", {
      expected: `the training to end within ${limits.timeS} s`,
      found: `it still running${lastOf(lines)}`,
      remedy: "Raise timeLimitMinutes, or train less.",
      details,
    });
  }
  if (cut === "silence") {
    return pythonErrors.error("MW1507", {
      expected: `a sign of life at least every ${limits.silenceS} s`,
      found: `none${lastOf(lines)}`,
      remedy: "Look for what locks the interpreter, or raise silenceLimitSeconds.",
      details,
    });
  }
  if (cut === "memory" || failure?.kind === "memory") {
    return pythonErrors.error("MW1508", {
      expected: `at most ${Math.round(memoryBytes / 2 ** 20)} MiB`,
      found: `${failure?.text ?? "more"}${lastOf(lines)}`,
      remedy: "Raise memoryLimitMb, or train on fewer rows.",
      details,
    });
  }
  if (failure === undefined) return withoutModel(ended, lines);
  return failure.kind === "model"
    ? pythonErrors.error("MW1511", {
        expected: "a graph that keeps the convention and agrees with the model's own predictions",
        found: failure.text,
        remedy: "Look at what the script returns, or choose an estimator that the conversion supports.",
        details,
      })
    : pythonErrors.error("MW1505", {
        expected: "the training to succeed",
        found: `${failure.text}${lastOf(lines)}`,
        remedy: "Look at the trace in the details and mend the script or the parameters.",
        details,
      });
}

/** The process is gone and said neither why nor what came of it. */
export function withoutModel({ code, signal }: Ended, lines: readonly string[]): MillwrightError {
  const how = signal === null ? `code ${code}` : signal;
  const remedy =
    signal === "SIGKILL"
      ? "The system may have been out of memory: train on fewer rows."
      : "Look at the last lines: a library may have crashed, or the script ended the process.";
  return pythonErrors.error("MW1510", {
    expected: "a model",
    found: `the trainer's end by ${how}${lastOf(lines)}`,
    remedy,
    details: { lines },
  });
}

const lastOf = (lines: readonly string[]) =>
  lines.length === 0 ? "" : `; its last lines: ${lines.slice(-5).join(" | ")}`;
