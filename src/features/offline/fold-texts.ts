/** Texts that are coded as they come; −1 is null. */
export interface TextCodes {
  readonly codes: Int32Array;
  readonly dictionary: string[];
}

/** Codes the texts of one part of a fold. The parts number their texts by turns, so no two share a code. */
export interface TextCoders {
  /** Coders by lookup and feature. */
  readonly lookups: readonly (readonly ((text: string) => number)[])[];
  /** What was coded, by lookup and feature. */
  dictionaries(): PartDictionaries;
}

export type PartDictionaries = readonly (readonly (readonly string[])[])[];

/** Makes the coders of a part. */
export function textCoders(
  lookups: readonly { readonly texts: readonly unknown[] }[],
  part: { readonly index: number; readonly of: number },
): TextCoders {
  const known = lookups.map(({ texts }) => texts.map(() => new Map<string, number>()));
  return {
    lookups: known.map((features) =>
      features.map((codes) => (text: string) => {
        if (text === "") return -1;
        let code = codes.get(text);
        if (code === undefined) codes.set(text, (code = codes.size * part.of + part.index));
        return code;
      }),
    ),
    dictionaries: () => known.map((features) => features.map((codes) => [...codes.keys()])),
  };
}

/** Numbers the texts of all parts anew, in order of first appearance: the same whatever the parts were. */
export function settleTexts(
  lookups: readonly { readonly out: { readonly texts: readonly TextCodes[] } }[],
  parts: readonly PartDictionaries[],
): void {
  lookups.forEach(({ out }, lookup) => {
    out.texts.forEach((text, feature) =>
      settle(
        text,
        parts.map((part) => part[lookup][feature]),
      ),
    );
  });
}

function settle({ codes, dictionary }: TextCodes, parts: readonly (readonly string[])[]): void {
  const numberOf = new Map<string, number>();
  const settled = parts.map((texts) => new Int32Array(texts.length).fill(-1));
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code < 0) continue;
    const part = code % parts.length;
    const own = Math.floor(code / parts.length);
    if (settled[part][own] < 0) settled[part][own] = numbered(parts[part][own], numberOf);
    codes[row] = settled[part][own];
  }
  for (const text of numberOf.keys()) dictionary.push(text);
}

function numbered(text: string, numberOf: Map<string, number>): number {
  const number = numberOf.get(text) ?? numberOf.size;
  numberOf.set(text, number);
  return number;
}
