import { didYouMean } from "../../kernel/index.js";
import { hostErrors } from "./host-errors.js";

/** MW1160 with the nearest of those that there are. */
export function unknownHosted(name: string, names: readonly string[]) {
  return hostErrors.error("MW1160", {
    expected: "a model, and perhaps a version of it, that this server hosts",
    found: JSON.stringify(name.slice(0, 200)),
    remedy: didYouMean(name.slice(0, 200), names),
    details: { model: name.slice(0, 200) },
  });
}

/** MW1161. */
export function notReady(name: string, changing: "LOADING" | "UNLOADING" | undefined, failure: string) {
  const found = changing?.toLowerCase() ?? (failure === "" ? "not loaded" : `not loaded: ${failure}`);
  return hostErrors.error("MW1161", {
    expected: `model "${name}" to be loaded`,
    found,
    remedy: `Wait for it, or load it with POST /v2/repository/models/${name}/load.`,
    details: { model: name },
  });
}
