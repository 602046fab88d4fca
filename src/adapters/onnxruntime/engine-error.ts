import { inferenceErrors } from "../../inference/index.js";
import type { ErrorFacts, MillwrightError } from "../../kernel/index.js";

/** MW0701 for a graph that the engine refuses to load. */
export function graphRefused(cause: unknown): MillwrightError {
  const said = words(cause);
  const known = refusals.find(({ pattern }) => pattern.test(said));
  return inferenceErrors.error("MW0701", {
    expected: "an ONNX graph that this engine can run",
    ...(known === undefined
      ? {
          found: said,
          remedy:
            "Write the file again with the program that made it, or make the package again from its run.",
        }
      : known.facts(known.pattern.exec(said) ?? [], said)),
    cause,
  });
}

/** MW0705 for inputs that the engine refuses to compute, or fails to; its details say when memory was what it lacked. */
export function engineFailed(cause: unknown): MillwrightError {
  const found = words(cause);
  const outOfMemory = lackOfMemory.test(found);
  return inferenceErrors.error("MW0705", {
    expected: "a computed output",
    found,
    remedy: outOfMemory
      ? "Send smaller inputs, or fewer rows at a time: the graph asks for more memory than it may take."
      : "Look at the input; if it is well-formed, the graph is at fault.",
    details: outOfMemory ? { outOfMemory } : {},
    cause,
  });
}

const lackOfMemory = /failed to allocate memory|bad_alloc|out of memory/i;

/** What the engine's words mean for whoever has the file; the numbers of what it knows are the engine's own. */
interface Refusal {
  readonly pattern: RegExp;
  facts(match: readonly string[], said: string): Pick<ErrorFacts, "found" | "remedy">;
}

const refusals: readonly Refusal[] = [
  {
    pattern: /Opset (\d+) is under development.*support for domain (\S+) is till opset (\d+)/,
    facts: ([, wanted, domain, known]) => ({
      found: `opset ${wanted} of ${domain}, which is newer than this engine knows (≤ ${known})`,
      remedy:
        domain === "ai.onnx"
          ? `Export it with opset ${known} or an earlier one, or convert it: onnx.version_converter.convert_version(model, ${known}).`
          : `Export it with opset ${known} of ${domain} or an earlier one.`,
    }),
  },
  {
    pattern: /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    facts: ([, wanted, known]) => ({
      found: `IR version ${wanted}, which is newer than this engine knows (≤ ${known})`,
      remedy: `Write it with IR version ${known}: set model.ir_version = ${known} in Python and onnx.save it, or export it with an earlier onnx.`,
    }),
  },
  {
    pattern:
      /Could not find an implementation for (\S+)\((\d+)\)|No Op registered for (\S+) with domain_version/,
    facts: ([, old, , unknown], found) => ({
      found,
      remedy: `The operator ${old ?? unknown} is not in the engine at the graph's opset: export it with another opset, or without the operator.`,
    }),
  },
  {
    pattern: /No opset import for domain '([^']*)'|(\S+) is not a registered function\/op/,
    facts: (_, found) => ({
      found,
      remedy:
        "Export it with operators of ONNX alone (ai.onnx and ai.onnx.ml): operators of one's own are not loaded.",
    }),
  },
  {
    pattern: /external data (path|location)|model_path must not be empty/i,
    facts: () => ({
      found: "weights that lie in another file, which is never read",
      remedy:
        'Put them into this one: onnx.save(onnx.load("model.onnx"), "whole.onnx") in Python, beside the files with the weights.',
    }),
  },
  {
    pattern: lackOfMemory,
    facts: (_, found) => ({
      found,
      remedy:
        "Export a smaller graph: this one asks for more memory than it may take before it has seen an input.",
    }),
  },
];

/** The engine's message on one line, without the paths of its sources and what a graph's names could do to a terminal. */
function words(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message
    .replace(/(^|\s)\/\S+ (?=[a-zA-Z])/g, "$1")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
