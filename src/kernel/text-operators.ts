import type { TextOperation } from "./expression-node.js";
import {
  always,
  finite,
  never,
  ofText,
  ofTexts,
  withConstants,
  type Constant,
  type Operator,
  type Reader,
} from "./operator.js";
import type { Value } from "./table.js";

const isPairAt = (text: string, at: number) => (text.codePointAt(at) as number) > 0xffff;

/** The number of code points. */
function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if (isPairAt(text, at)) {
      count--;
      at++;
    }
  }
  return count;
}

/** Where so many code points from a place on end; the end of the text when it has fewer. */
function skip(text: string, from: number, count: number): number {
  let at = from;
  for (let i = 0; i < count && at < text.length; i++) at += isPairAt(text, at) ? 2 : 1;
  return at;
}

function slice([start, end]: readonly Constant[]): (text: string) => string {
  return (text) => {
    const from = skip(text, 0, start as number);
    return end === undefined
      ? text.slice(from)
      : text.slice(from, skip(text, from, (end as number) - (start as number)));
  };
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function toNumber(text: string): number | null {
  const trimmed = text.trim();
  return decimal.test(trimmed) ? finite(Number(trimmed)) : null;
}

const concat: Operator = {
  whole: never,
  compile<Row>({ read }: { readonly read: readonly Reader<Row>[] }) {
    return (row: Row): Value => {
      let all = "";
      for (const part of read) {
        const text = part(row);
        if (text === null) return null;
        all += text as string;
      }
      return all;
    };
  },
};

export const textOperators: Readonly<Record<TextOperation, Operator>> = {
  lower: ofText(never, (text) => text.toLowerCase()),
  upper: ofText(never, (text) => text.toUpperCase()),
  trim: ofText(never, (text) => text.trim()),
  length: ofText(always, codePoints),
  slice: withConstants<string>(never, slice),
  concat,
  startsWith: ofTexts(always, (text, start) => Number(text.startsWith(start))),
  endsWith: ofTexts(always, (text, end) => Number(text.endsWith(end))),
  contains: ofTexts(always, (text, part) => Number(text.includes(part))),
  // A function, because `$&` in a replacement text would be a pattern.
  replace: withConstants<string>(never, ([search, by]) => {
    const replacement = () => by as string;
    return (text) => text.replaceAll(search as string, replacement);
  }),
  toNumber: ofText(never, toNumber),
};
