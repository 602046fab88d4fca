import { maxDepth, nestsDeeperThan } from "../http/body.js";
import { badRequest } from "./refusals.js";

const quote = 34;
const backslash = 92;
/** A text of so few characters is parsed at once, however deep it nests. */
const quicklyParsed = 4096;
/** Digits that a double holds exactly, whatever they are. */
const safeDigits = 15;

/**
 * The value of a JSON text. Bare NaN, Infinity and -Infinity, which rapidjson writes and RFC 8259 does not know, are
 * taken for null and numbers beyond every range. Throws MW0817, for deep nesting too: a few megabytes of brackets would
 * hold up the process for seconds.
 */
export function parseJson(text: string): unknown {
  if (text.length > quicklyParsed && nestsDeeperThan(maxDepth, text))
    throw badRequest(`at most ${maxDepth} levels of nesting`, "more");
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "text that is not JSON";
    if (!/NaN|Infinity/.test(text)) throw badRequest("one JSON value (RFC 8259)", why);
    return parseRewritten(text, (token) => nonFinite.get(token) ?? token);
  }
}

const nonFinite = new Map([
  ["NaN", "null"],
  ["Infinity", "1e999"],
  ["-Infinity", "-1e999"],
]);

/**
 * The value of a JSON text in which whole numbers of 16 digits and more are texts of their digits: JSON.parse rounds
 * them above 2^53, and a rounded id is another one's id. Costs several times JSON.parse. Throws MW0817.
 */
export const parseJsonDigits = (text: string): unknown =>
  parseRewritten(text, (token) =>
    /^-?\d+$/.test(token) && token.length > safeDigits ? `"${token}"` : (nonFinite.get(token) ?? token),
  );

function parseRewritten(text: string, rewrite: (token: string) => string): unknown {
  try {
    return JSON.parse(rewriteTokens(text, rewrite)) as unknown;
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "text that is not JSON";
    throw badRequest("one JSON value (RFC 8259)", why);
  }
}

/** Rewrites numbers and words of a JSON text; what stands between quotes stays. */
function rewriteTokens(text: string, rewrite: (token: string) => string): string {
  const parts: string[] = [];
  let kept = 0;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at + 1);
      continue;
    }
    const start = at;
    while (at < text.length && isTokenCode(text.charCodeAt(at))) at++;
    if (at === start) {
      at++;
      continue;
    }
    const token = text.slice(start, at);
    const written = rewrite(token);
    if (written === token) continue;
    parts.push(text.slice(kept, start), written);
    kept = at;
  }
  parts.push(text.slice(kept));
  return parts.join("");
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

/** Digits, letters, `+`, `-` and `.`. */
const isTokenCode = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 43 ||
  code === 45 ||
  code === 46;
