import { badArgument } from "./bad-argument.js";
import { halfSipHash, type HalfSipKey } from "./half-sip-hash.js";

/** Of two kinds of values each has its keys, so that a number and a text of equal bytes differ; one for each hash. */
const numberKeys: readonly HalfSipKey[] = [0, 1].map((k0) => ({ k0, k1: 1 }));
const textKeys: readonly HalfSipKey[] = [0, 1].map((k0) => ({ k0, k1: 2 }));

/** Reused from value to value; longer texts get memory of their own. */
const scratch = new DataView(new ArrayBuffer(4096));

/**
 * 53 pseudo-random bits of a value: of a number's IEEE 754 bits (−0 is 0), of a text's UTF-8. Equal on every
 * platform. Throws MW1401 for a number that is not finite.
 */
export const hashValue = (value: number | string): number => keyedHash(value, 0);

/** As {@link hashValue}, and independent of it: together they are 106 bits. */
export const secondHash = (value: number | string): number => keyedHash(value, 1);

function keyedHash(value: number | string, which: 0 | 1): number {
  if (typeof value === "string") return hashText(value, textKeys[which]);
  if (!Number.isFinite(value)) throw badArgument("a finite number or a text", value);
  scratch.setFloat64(0, value + 0, true);
  return halfSipHash(scratch, 8, numberKeys[which]);
}

function hashText(text: string, key: HalfSipKey): number {
  const room = text.length * 3 + 4;
  const message = room <= scratch.byteLength ? scratch : new DataView(new ArrayBuffer(room));
  return halfSipHash(message, writeText(text, message), key);
}

/**
 * Writes UTF-8 and returns its length. A lone surrogate is written as three bytes of its own (WTF-8), for the
 * replacement character would make different texts equal.
 */
function writeText(text: string, message: DataView): number {
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      message.setUint8(at++, point);
      continue;
    }
    if (point >= 0xd800 && point < 0xdc00) {
      point = text.codePointAt(i) as number;
      if (point > 0xffff) i++;
    }
    at = writePoint(point, at, message);
  }
  return at;
}

function writePoint(point: number, at: number, message: DataView): number {
  const continuations = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  // The lead byte says how many follow: 110…, 1110…, 11110….
  message.setUint8(at, ((0xf00 >>> (continuations + 1)) & 0xf0) | (point >>> (6 * continuations)));
  for (let left = continuations - 1; left >= 0; left--) {
    message.setUint8(++at, 0x80 | ((point >>> (6 * left)) & 0x3f));
  }
  return at + 1;
}
