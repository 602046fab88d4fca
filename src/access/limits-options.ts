import { checkNumber, rejectUnknownKeys } from "../kernel/index.js";
import { badAccess } from "./bad-access.js";
import type { RateLimit } from "./ports.js";
import { verbs, type Verb } from "./scopes.js";

/** What happens to requests while something that access needs does not work. */
export type OnFailure = "serve" | "refuse";

/** A limit on all that a caller asks for, and limits of their own for some verbs, which then do not count in it. */
export interface CallerLimit extends RateLimit {
  readonly verbs?: Readonly<Partial<Record<Verb, RateLimit>>>;
}

/** Where it is counted what callers take. */
export type RateStoreChoice =
  /** In each serving process by itself: `n` processes together give up to `n` times the limit. */
  | { readonly kind: "memory" }
  /** In a Redis that they share: what `redis({ … })` makes. */
  | { readonly kind: "redis"; readonly url: string; readonly prefix?: string; readonly timeoutMs?: number };

export interface LimitsOptions {
  /** For each API key and each subject of tokens. Default: no limit. */
  readonly caller?: CallerLimit;
  /** For all callers without credentials together. Default: no limit. */
  readonly anonymous?: CallerLimit;
  /** Default: memory. */
  readonly store?: RateStoreChoice;
  /** When the store does not answer. Default: `serve`, and count it. */
  readonly onFailure?: OnFailure;
}

export interface CompiledLimit extends RateLimit {
  readonly verbs: Readonly<Partial<Record<Verb, RateLimit>>>;
}

export interface LimitsPolicy {
  readonly caller: CompiledLimit | undefined;
  readonly anonymous: CompiledLimit | undefined;
  readonly store: RateStoreChoice;
  readonly onFailure: OnFailure;
}

/** Throws MW0103, MW0104 and MW1615. */
export function compileLimits(options: LimitsOptions): LimitsPolicy {
  rejectUnknownKeys(options, ["caller", "anonymous", "store", "onFailure"], "access.limits");
  const { caller, anonymous, store = { kind: "memory" }, onFailure } = options;
  if (store?.kind !== "memory" && store?.kind !== "redis") {
    const found = JSON.stringify(store) ?? "nothing";
    throw badAccess("what redis({ … }) makes as access.limits.store", found);
  }
  return Object.freeze({
    caller: caller === undefined ? undefined : compileLimit(caller, "access.limits.caller"),
    anonymous: anonymous === undefined ? undefined : compileLimit(anonymous, "access.limits.anonymous"),
    store: Object.freeze({ ...store }),
    onFailure: checkOnFailure(onFailure, "access.limits.onFailure"),
  });
}

function compileLimit({ verbs: own = {}, ...limit }: CallerLimit, where: string): CompiledLimit {
  rejectUnknownKeys(own, verbs, `${where}.verbs`);
  const compiled = Object.entries(own).map(([verb, of]) => [verb, rateLimit(of, `${where}.verbs.${verb}`)]);
  const byVerb = Object.fromEntries(compiled) as CompiledLimit["verbs"];
  return Object.freeze({ ...rateLimit(limit, where), verbs: Object.freeze(byVerb) });
}

function rateLimit(limit: RateLimit, where: string): RateLimit {
  rejectUnknownKeys(limit, ["perSecond", "burst", "verbs"], where);
  const perSecond = checkNumber(limit.perSecond, `${where}.perSecond`, { min: 0.001, max: 1_000_000 });
  return Object.freeze({
    perSecond: Math.round(perSecond * 1000) / 1000,
    burst: checkNumber(limit.burst, `${where}.burst`, { min: 1, max: 1_000_000, whole: true }),
  });
}

export function checkOnFailure(value: OnFailure | undefined, where: string): OnFailure {
  const given: unknown = value ?? "serve";
  if (given === "serve" || given === "refuse") return given;
  throw badAccess(`"serve" or "refuse" as ${where}`, JSON.stringify(given));
}
