/**
 * Which prediction ids were answered. Ids are `<server>-<number>`, numbered from 1 and logged in that order,
 * so one number for each server that ever ran is all there is to remember, besides the runs of numbers that
 * were given out but never logged.
 */
export interface KnownPredictions {
  /** Takes the ids of each server in ascending order; a number that is left out was never answered. */
  add(id: string): void;
  has(id: string): boolean;
  /** All of it, as a checkpoint keeps it. */
  toJson(): SavedPredictions;
}

interface Answered {
  last: number;
  /** First and last number of every run that was left out, ascending. */
  readonly gaps: (readonly [first: number, last: number])[];
}

/** What is known, by server. */
export type SavedPredictions = readonly (readonly [server: string, answered: Readonly<Answered>])[];

/** Begins with nothing, or with what was saved. */
export function knownPredictions(saved: SavedPredictions = []): KnownPredictions {
  const copy = (known: SavedPredictions) =>
    known.map(([server, { last, gaps }]): [string, Answered] => [server, { last, gaps: [...gaps] }]);
  const servers = new Map(copy(saved));

  function split(id: string): [server: string, number: number] {
    const at = id.lastIndexOf("-");
    const digits = id.slice(at + 1);
    return [id.slice(0, at), /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : Infinity];
  }

  return Object.freeze({
    add(id: string) {
      const [server, number] = split(id);
      const known = servers.get(server) ?? { last: 0, gaps: [] };
      if (number > known.last + 1) known.gaps.push([known.last + 1, number - 1]);
      known.last = Math.max(known.last, number);
      servers.set(server, known);
    },
    has(id: string) {
      const [server, number] = split(id);
      const known = servers.get(server);
      if (known === undefined || number > known.last) return false;
      return !known.gaps.some(([first, last]) => number >= first && number <= last);
    },
    toJson: () => copy([...servers]),
  });
}
