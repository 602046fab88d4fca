import { servingErrors } from "../errors.js";

/** A line of a body that is not blank. */
export interface Line {
  readonly text: string;
  /** Counted from 1, blank lines included. */
  readonly number: number;
}

export interface LineLimits {
  /** Most lines of a group. */
  readonly lines: number;
  /** Most bytes of a line, and about the most of a group. */
  readonly bytes: number;
}

/**
 * Cuts a stream of UTF-8 into lines and gives them in groups. No more than a group is in memory, so a stream
 * may be of any length. Throws MW0806 for a line that is too long.
 */
export async function* lineGroups(
  stream: AsyncIterable<Uint8Array>,
  limits: LineLimits,
): AsyncGenerator<readonly Line[]> {
  const decoder = new TextDecoder();
  let group: Line[] = [];
  let groupLength = 0;
  let number = 0;
  let rest = "";

  function take(text: string): void {
    number++;
    if (text.length > limits.bytes) throw tooLong(limits.bytes, number);
    if (text.trim() === "") return;
    group.push({ text, number });
    groupLength += text.length;
  }
  const isFull = () => group.length >= limits.lines || groupLength >= limits.bytes;
  function seal(): readonly Line[] {
    const full = group;
    group = [];
    groupLength = 0;
    return full;
  }

  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      take(line);
      if (isFull()) yield seal();
    }
    if (rest.length > limits.bytes) throw tooLong(limits.bytes, number + 1);
  }
  take(rest + decoder.decode());
  if (group.length > 0) yield seal();
}

function tooLong(limitBytes: number, line: number) {
  return servingErrors.error("MW0806", {
    expected: `lines of at most ${limitBytes} bytes`,
    found: `more in line ${line}`,
    remedy: "Send one event per line, or raise bodyLimitBytes.",
    details: { limitBytes, line },
  });
}
