import { StringDecoder } from "node:string_decoder";

const keptLines = 50;
const longestLine = 2_000;
const reportedLines = 10_000;

/** The last lines of what a process prints, of any amount, in little memory. */
export interface OutputTail {
  /** Takes what one stream brings. */
  readonly reader: () => (bytes: Buffer) => void;
  readonly add: (line: string) => void;
  /** The last 50 lines, each cut after 2,000 characters. */
  readonly lines: () => readonly string[];
}

/** Hands the first 10,000 lines on as they come. */
export function outputTail(onLine: ((line: string) => void) | undefined): OutputTail {
  const kept: string[] = [];
  let count = 0;
  const add = (text: string) => {
    const line = text.length > longestLine ? `${text.slice(0, longestLine)}…` : text;
    kept.push(line);
    if (kept.length > keptLines) kept.shift();
    count++;
    if (count <= reportedLines) onLine?.(line);
    else if (count === reportedLines + 1) onLine?.("… further output is not shown");
  };
  return Object.freeze({
    add,
    lines: () => [...kept],
    reader: () => lineReader(add),
  });
}

function lineReader(add: (line: string) => void): (bytes: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (bytes) => {
    // A progress bar returns to the start of its line: each of its states is a line.
    const pieces = (rest + decoder.write(bytes)).split(/\r?\n|\r/);
    rest = pieces.pop() as string;
    for (const piece of pieces) if (piece !== "") add(piece);
    if (rest.length > longestLine) {
      add(rest);
      rest = "";
    }
  };
}
