import type { IncomingHttpHeaders } from "node:http";
import { lastPriority, rangeText, wishesOf, type Wishes } from "../caller-limit.js";
import { servingErrors } from "../errors.js";
import { clip } from "../refusals.js";

/** Headers by which a caller of the typed API says how it wants to be served, as the other protocols' parameters do. */
export const wishHeaders = Object.freeze({
  priority: "millwright-priority",
  timeoutMs: "millwright-timeout-ms",
});

/** Throws MW0828. */
export function readWishes(headers: IncomingHttpHeaders): Wishes {
  return wishesOf(
    wholeOf(headers, wishHeaders.priority, lastPriority),
    wholeOf(headers, wishHeaders.timeoutMs),
  );
}

function wholeOf(headers: IncomingHttpHeaders, name: string, most = Infinity): number {
  const given = headers[name];
  if (given === undefined) return 0;
  if (typeof given === "string" && /^\d{1,15}$/.test(given) && Number(given) <= most) return Number(given);
  throw servingErrors.error("MW0828", {
    expected: `a whole number ${rangeText(most)} in the header ${name}`,
    found: JSON.stringify(clip(String(given))),
    remedy: "Mend the header, or leave it out: 0 and no header leave it to the server.",
  });
}
