/** A room of the house: a folder of src/ (or src/index.ts, whose room is named "index"). */
export interface Room {
  readonly name: string;
  readonly about: string;
  readonly layer: string;
  /** 0 is the top layer. */
  readonly depth: number;
  /** Rooms or whole layers that it may import. */
  readonly imports: readonly string[];
  /** Rooms or whole layers of which it may import types alone. */
  readonly types?: readonly string[];
}

/** The layer table as it stands in architecture.json. */
export interface Table {
  readonly vendors: readonly { readonly package: string; readonly owner: string; readonly why: string }[];
  /** The two digits after MW that error codes begin with, and the rooms or layers that may declare them. */
  readonly errorBlocks: readonly {
    readonly block: string;
    readonly name: string;
    readonly rooms: readonly string[];
  }[];
  /** Files that may be longer than 300 lines (never than 500), each with its reason. */
  readonly longFiles: Readonly<Record<string, string>>;
}

/** The folder of the repository. */
export const root: string;
export const table: Table;
export const rooms: readonly Room[];

/** Expands names of layers to the names of their rooms; an unknown name is a mistake in the table. */
export function expand(names?: readonly string[]): string[];
