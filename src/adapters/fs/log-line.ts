import { crc32 } from "node:zlib";
import { storageErrors } from "../../kernel/index.js";

const lineFeed = 10;
const space = 32;
/** Eight hexadecimal digits and a space. */
const prefixBytes = 9;

/**
 * A record as a line: the CRC-32 of its UTF-8 bytes in eight hexadecimal digits, a space, the text, a line
 * feed. Throws MW1007 for a text that would not come back as it went in.
 */
export function encodeLine(text: string): string {
  if (/[\n\ud800-\udfff]/u.test(text)) {
    throw storageErrors.error("MW1007", {
      expected: "a record without line feeds and unpaired surrogates",
      found: JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text),
      remedy: "Write the record as JSON, which escapes both.",
    });
  }
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

/** The lines of a run of bytes. */
export interface DecodedLines {
  readonly records: string[];
  /** Bytes of whole lines; what follows is the beginning of a line. */
  readonly wholeBytes: number;
  /** Whether the line after the last record is whole but does not match its checksum. */
  readonly damaged: boolean;
}

/** Decodes the whole lines at the beginning of some bytes, up to the first that is damaged. */
export function decodeLines(bytes: Buffer): DecodedLines {
  const records: string[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(lineFeed, start);
    if (end < 0) return { records, wholeBytes: start, damaged: false };
    if (!lineMatches(bytes, start, end)) return { records, wholeBytes: start, damaged: true };
    records.push(bytes.toString("utf8", start + prefixBytes, end));
    start = end + 1;
  }
}

function lineMatches(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < prefixBytes || bytes[start + prefixBytes - 1] !== space) return false;
  let expected = 0;
  for (let i = start; i < start + prefixBytes - 1; i++) {
    const digit = hexDigit(bytes[i]);
    if (digit < 0) return false;
    expected = expected * 16 + digit;
  }
  return crc32(bytes.subarray(start + prefixBytes, end)) === expected;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  return byte >= 97 && byte <= 102 ? byte - 87 : -1;
}
