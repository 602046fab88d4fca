import { handWritten, pythonServers } from "./systems.mjs";

const middle = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/**
 * The rounds of one system as one: numbers become their medians, a rate is sustained when it was in most of the
 * rounds, what must be kept was kept in all, and a failure in any round is told with its reason.
 */
export function medians(rounds, total = rounds.length) {
  const [first] = rounds;
  if (typeof first === "number") return middle(rounds.filter((value) => typeof value === "number"));
  if (typeof first === "boolean") return rounds.every(Boolean);
  if (typeof first !== "object" || first === null) return first;
  const keys = new Set(rounds.flatMap((round) => Object.keys(round ?? {})));
  return Object.fromEntries(
    Array.from(keys, (key) => {
      const values = rounds
        .map((round) => round?.[key])
        .filter((value) => value !== undefined && value !== null);
      if (key === "failed" && typeof values[0] === "string") return [key, [...new Set(values)].join("; ")];
      if (key === "sustained") return [key, values.filter(Boolean).length > total / 2];
      return [key, values.length === 0 ? null : medians(values, total)];
    }),
  );
}

const figure = (results, name, ...path) => path.reduce((value, key) => value?.[key], results[name]);

/** One row a request: the requests a second of a system with as many connections as suit it best. */
function throughput(results, name, model) {
  const found = Object.values(figure(results, name, "single", model) ?? {})
    .map((result) => result?.requestsPerSecond)
    .filter((value) => typeof value === "number");
  return found.length === 0 ? undefined : Math.max(...found);
}

/** The best of the Python servers, or undefined when none of them was measured. */
function bestPythonServer(results, model) {
  const having = pythonServers
    .map((name) => ({ name, value: throughput(results, name, model) }))
    .filter(({ value }) => value !== undefined);
  return having.sort((a, b) => b.value - a.value)[0];
}

/** The rates that both sustain, and whether Millwright's p99 is lower at each of them. */
function p99Beside(results, peer, model) {
  const own = figure(results, "millwright", "ladder", model) ?? {};
  const other = figure(results, peer, "ladder", model) ?? {};
  return Object.fromEntries(
    Object.keys(own)
      .filter((rate) => own[rate]?.sustained && other[rate]?.sustained)
      .map((rate) => [
        rate,
        {
          millwrightMs: own[rate].p99Ms,
          peerMs: other[rate].p99Ms,
          lower: own[rate].p99Ms < other[rate].p99Ms,
        },
      ]),
  );
}

/** How Millwright stands to the best Python server and to Triton; empty without Millwright. */
export function compare(results) {
  const models = {};
  for (const model of ["trees", "network"]) {
    const own = throughput(results, "millwright", model);
    const python = bestPythonServer(results, model);
    const triton = throughput(results, "triton", model);
    const byHand = throughput(results, handWritten, model);
    models[model] = {
      ...(python === undefined ? {} : { bestPythonServer: python }),
      ...(own === undefined || python === undefined ? {} : { againstBestPythonServer: own / python.value }),
      ...(own === undefined || byHand === undefined ? {} : { againstHandWritten: own / byHand }),
      ...(own === undefined || triton === undefined ? {} : { againstTriton: own / triton }),
      p99AtRatesThatBothSustain: Object.fromEntries(
        [...pythonServers, handWritten, "triton"]
          .filter((peer) => results[peer] !== undefined && results.millwright !== undefined)
          .map((peer) => [peer, p99Beside(results, peer, model)]),
      ),
    };
  }
  return models;
}
