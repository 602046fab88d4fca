/**
 * How many fields the records of each space have, as the last fetches found them. A record with few tiles is
 * fetched whole: naming a hundred tiles of which three exist costs both ends a hundred answers.
 */
export interface RecordSizes {
  /** Whether fetching all fields is less work than naming so many of them. */
  isSmall(space: string, named: number): boolean;
  note(space: string, fields: number): void;
}

/** Share of the newest record in the running mean. */
const share = 1 / 16;

export function recordSizes(): RecordSizes {
  const means = new Map<string, number>();
  return Object.freeze({
    // A whole record answers every field with its name and its value.
    isSmall: (space: string, named: number) => 2 * (means.get(space) ?? Infinity) < named,
    note(space: string, fields: number) {
      const mean = means.get(space);
      means.set(space, mean === undefined ? fields : mean + share * (fields - mean));
    },
  });
}
