/** One record of a CSV file, or one line that is none. */
export interface CsvRecord {
  /** Its lines as they stand in the file, line ends included. */
  readonly bytes: Buffer;
  /** Number of its first line, from 1. */
  readonly line: number;
  /** How many fields it has; 0 for an empty line. Undefined when its quotes do not close as they should. */
  readonly fields: number | undefined;
}

/** DuckDB takes no longer line, and a quote that is open for longer was never meant to be closed. */
const longestRecordBytes = 2_097_152;
const quote = '"';

/**
 * Divides the bytes of a file into records as RFC 4180 does. Where a quote does not close as it should, the
 * line on which the record began stands alone, and the next line begins a record.
 */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: string,
): AsyncGenerator<CsvRecord> {
  const lines = lineReader(chunks);
  for (let line = 1; ; line++) {
    const first = await lines.next();
    if (first === undefined) return;
    const taken = [first];
    let sizeBytes = first.length;
    let scan = scanLine(textOf(first, line), { fields: 0, open: false }, delimiter);
    while (scan?.open === true && sizeBytes <= longestRecordBytes) {
      const next = await lines.next();
      if (next === undefined) break;
      taken.push(next);
      sizeBytes += next.length;
      scan = scanLine(next.toString(), scan, delimiter);
    }
    if (scan === undefined || scan.open || sizeBytes > longestRecordBytes) {
      lines.giveBack(taken.slice(1));
      yield { bytes: first, line, fields: undefined };
      continue;
    }
    yield { bytes: taken.length === 1 ? first : Buffer.concat(taken), line, fields: scan.fields };
    line += taken.length - 1;
  }
}

/** Without the mark that some programs begin a file with. */
const textOf = (bytes: Buffer, line: number) =>
  line === 1 ? bytes.toString().replace(/^\uFEFF/, "") : bytes.toString();

interface Scan {
  /** Fields that are complete, and the last one unless it is open. */
  readonly fields: number;
  /** Whether a quote is open at the end. */
  readonly open: boolean;
}

/** Goes on through one more line; undefined where something follows a closing quote. */
function scanLine(text: string, { fields, open }: Scan, delimiter: string): Scan | undefined {
  const end = text.length - (/\r?\n$/.exec(text)?.[0].length ?? 0);
  if (end === 0 && !open) return { fields: 0, open };
  let at = 0;
  let count = fields;
  let quoted = open;
  for (;;) {
    if (!quoted && text[at] === quote) {
      quoted = true;
      at++;
    }
    if (quoted) {
      const closing = closingQuote(text, at);
      if (closing < 0) return { fields: count, open: true };
      at = closing + 1;
      quoted = false;
      if (at < end && text[at] !== delimiter) return undefined;
    } else {
      const next = text.indexOf(delimiter, at);
      at = next < 0 || next > end ? end : next;
    }
    count++;
    if (at >= end) return { fields: count, open: false };
    at++;
  }
}

/** The next quote that is not one of a pair; −1 when there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at;
  }
  return -1;
}

/** Lines one by one, each with its end; lines can be given back. */
function lineReader(chunks: AsyncIterable<Uint8Array>) {
  const source = linesOf(chunks);
  let waiting: Buffer[] = [];
  return {
    async next(): Promise<Buffer | undefined> {
      if (waiting.length > 0) return waiting.shift();
      const { value, done } = await source.next();
      return done === true ? undefined : value;
    },
    giveBack(lines: readonly Buffer[]) {
      waiting = [...lines, ...waiting];
    },
  };
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      yield Buffer.concat([...rest, bytes.subarray(from, at + 1)]);
      rest = [];
      from = at + 1;
    }
    rest.push(bytes.subarray(from));
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) yield last;
  return undefined;
}
