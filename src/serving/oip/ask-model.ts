import { isMillwrightError } from "../../kernel/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import { inProtocolTerms } from "./unfit-input.js";

/** A model, and perhaps one of its versions. */
export interface Named {
  readonly model: string;
  readonly version?: string | undefined;
}

/** A model that is replaced more often than this while one request comes in has another trouble. */
const mostSwaps = 10;

/**
 * Finds a model and asks it. One that was replaced between the two is found again, so that a swap loses no request and
 * each answer is of one version, whose name it bears; one that was unloaded is refused as unloaded models are. `ask` may
 * run more than once, though only until a model has computed something. Throws what finding and asking throw, in the
 * protocol's words.
 */
export async function askModel<Result>(
  host: ModelHost,
  { model, version }: Named,
  ask: (found: HostedModel) => Promise<Result>,
): Promise<Result> {
  let found = host.find(model, version);
  for (let swapsLeft = mostSwaps; ; swapsLeft--) {
    try {
      return await ask(found);
    } catch (error) {
      if (!isMillwrightError(error, "MW0706")) throw inProtocolTerms(error);
      const next = host.find(model, version);
      if (next === found || swapsLeft === 0) throw error;
      found = next;
    }
  }
}

/** Rows of a request, for limits: the first dimension of its first input, and 1 where it has none. */
export function rowsAsked(inputs: Readonly<Record<string, { readonly shape: readonly number[] }>>): number {
  const [name] = Object.keys(inputs);
  return name === undefined ? 1 : Math.max(1, inputs[name].shape.at(0) ?? 1);
}
