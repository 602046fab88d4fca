import type { MillwrightError } from "../kernel/index.js";
import { servingErrors } from "./errors.js";
import { createLogGate } from "./http/log-gate.js";
import type { CompiledHttpOptions } from "./http/options.js";

/** Writes an error that is answered into the server's log, where it is more than the caller's own matter. */
export type TroubleLog = (error: MillwrightError, fields: object) => void;

/** What a sound server says to callers that come too late, too often or too early: no fault of the project. */
const refusals: ReadonlySet<string> = new Set(["MW0706", "MW0711", "MW0715", "MW0722", "MW1161"]);

/** One line a second for each code at most. */
export function createTroubleLog({ clock, log }: Pick<CompiledHttpOptions, "clock" | "log">): TroubleLog {
  const gate = createLogGate(clock);
  return (error, fields) => {
    if (error.row.http < 500 || error.code in servingErrors.rows) return;
    const heldBack = gate(error.code);
    if (heldBack === undefined) return;
    const told = { err: error, ...fields, ...(heldBack === 0 ? {} : { heldBack }) };
    if (refusals.has(error.code)) log.info(told, `a request was refused: ${error.row.title}`);
    else log.error(told, "the project failed to serve a request");
  };
}
