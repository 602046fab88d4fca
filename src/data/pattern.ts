import { dataErrors } from "./errors.js";

/** Longer texts match no pattern, so that a hostile value cannot keep the process busy for long. */
export const longestMatchedText = 1_000;

/**
 * Compiles the source of a regular expression (JavaScript's, with the flag `u`) into a test of texts. A text
 * of more than {@link longestMatchedText} code units does not match. Refused are patterns whose time grows
 * exponentially with the text, as far as they can be told by their shape: a group without end, all of whose
 * parts are themselves of variable length, like `(a+)+`. Throws MW0215.
 */
export function compilePattern(source: string, where: string): (text: string) => boolean {
  if (typeof source !== "string" || source === "") {
    throw badPattern(where, JSON.stringify(source) ?? typeof source);
  }
  const pattern = compiled(source, where);
  const group = explosiveGroup(source);
  if (group !== undefined) throw badPattern(where, `${source}, whose part ${group} repeats a repetition`);
  return (text) => text.length <= longestMatchedText && pattern.test(text);
}

function compiled(source: string, where: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (cause) {
    throw badPattern(where, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** An alternative: whether it repeats something without end, and whether a part of it never varies. */
interface Alternative {
  endless: boolean;
  fixed: boolean;
}

interface Group {
  readonly from: number;
  readonly alternatives: Alternative[];
}

/** The first endlessly repeated group of a valid pattern with an alternative that is endless and nowhere fixed. */
function explosiveGroup(source: string): string | undefined {
  const open: Group[] = [newGroup(0)];
  for (const { text, at } of tokens(source)) {
    const group = open[open.length - 1];
    const alternative = group.alternatives[group.alternatives.length - 1];
    const after = source.slice(at + text.length);
    const endless = endlessly.test(after);
    if (text === "|") group.alternatives.push({ endless: false, fixed: false });
    else if (text.startsWith("(")) open.push(newGroup(at));
    else if (text === ")") {
      open.pop();
      if (endless && group.alternatives.some((a) => a.endless && !a.fixed)) {
        return source.slice(group.from, at + 2);
      }
      const outer = open[open.length - 1].alternatives;
      outer[outer.length - 1].endless ||= endless || group.alternatives.some((a) => a.endless);
      outer[outer.length - 1].fixed ||= group.alternatives.every((a) => a.fixed) && !variable.test(after);
    } else if (endless) alternative.endless = true;
    else if (!variable.test(after) && !consumesNothing.test(text)) alternative.fixed = true;
  }
  return undefined;
}

const newGroup = (from: number): Group => ({ from, alternatives: [{ endless: false, fixed: false }] });
const endlessly = /^(?:[*+]|\{\d+,\})/;
const consumesNothing = /^(?:[\^$*+?{}]|\\[bB])/;
const variable = /^(?:[*+?]|\{\d+,\d*\})/;

/** The pieces of a valid pattern: escapes, classes, openings of groups, quantifiers, single characters. */
function* tokens(source: string): Generator<{ readonly text: string; readonly at: number }> {
  const piece =
    /\\(?:[pPu]\{[^}]*\}|k<[^>]*>|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^])|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?:<[=!]|<[^>]*>|[:=!]))?|\{\d+(?:,\d*)?\}|[^]/gu;
  for (const match of source.matchAll(piece)) yield { text: match[0], at: match.index };
}

function badPattern(where: string, found: string, cause?: unknown) {
  return dataErrors.error("MW0215", {
    expected: `the source of a regular expression for ${where} that takes no exponential time`,
    found,
    remedy: "Write it as a text without slashes and flags, and repeat no part that only repeats others.",
    ...(cause === undefined ? {} : { cause }),
  });
}
