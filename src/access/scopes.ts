import { didYouMean } from "../kernel/index.js";
import { badAccess } from "./bad-access.js";

/**
 * What may be asked for. `read`: metadata, index, statistics, metrics; `manage`: load and unload. Health needs nothing.
 */
export const verbs = ["predict", "feedback", "ingest", "read", "manage"] as const;
export type Verb = (typeof verbs)[number];

/** `no`: the verb on no model at all; `other`: on other models than this one. */
export type Permission = "yes" | "other" | "no";

/** What a caller may do. */
export interface Scopes {
  /** As they were given. */
  readonly list: readonly string[];
  /** About one model (for `ingest`, one source), or, without it, about all of them at once. */
  allows(verb: Verb, model: string | undefined): Permission;
}

type Parsed = { readonly verb: Verb | "*"; readonly model: string };

const grammar = /^(\*|[a-z]+)(?::(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,127}))?$/;
const isVerb = (text: string): text is Verb => (verbs as readonly string[]).includes(text);

/** `predict` and `predict:*` are the verb on every model; `*` is every verb on every model. */
function parse(text: string): Parsed | undefined {
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, verb, model = "*"] = match;
  if (verb === "*") return text === "*" ? { verb, model } : undefined;
  return isVerb(verb) ? { verb, model } : undefined;
}

function scopesOf(list: readonly string[], parsed: readonly Parsed[]): Scopes {
  const models = new Map<Verb, Set<string>>();
  for (const { verb, model } of parsed) {
    for (const each of verb === "*" ? verbs : [verb]) {
      const known = models.get(each);
      if (known === undefined) models.set(each, new Set([model]));
      else known.add(model);
    }
  }
  return Object.freeze({
    list: Object.freeze([...list]),
    allows(verb: Verb, model: string | undefined): Permission {
      const known = models.get(verb);
      if (known === undefined) return "no";
      return known.has("*") || (model !== undefined && known.has(model)) ? "yes" : "other";
    },
  });
}

/** Compiles scopes that people wrote. Throws MW1615 for one that is none, naming the nearest verb. */
export function compileScopes(list: unknown, where: string): Scopes {
  if (!Array.isArray(list))
    throw badAccess(`${where} to be a list of scopes`, JSON.stringify(list) ?? "nothing");
  const texts: readonly unknown[] = list;
  const parsed = texts.map((text) => {
    const found = typeof text === "string" ? parse(text) : undefined;
    if (found !== undefined) return found;
    throw badAccess(
      `${where} to have scopes such as "predict:arrival-delay", "predict:*", "read" or "*"`,
      JSON.stringify(text) ?? "nothing",
      didYouMean(String(text).split(":")[0], verbs),
    );
  });
  return scopesOf(texts as readonly string[], parsed);
}

/** The scopes of a token: a text with spaces between them (RFC 8693, 4.2). Those of other services are left out. */
export function tokenScopes(claim: unknown): Scopes {
  const words = typeof claim === "string" ? claim.split(" ") : [];
  const own = words.flatMap((word) => {
    const parsed = parse(word);
    return parsed === undefined ? [] : [{ word, parsed }];
  });
  return scopesOf(
    own.map(({ word }) => word),
    own.map(({ parsed }) => parsed),
  );
}
