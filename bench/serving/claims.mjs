import { pythonServers } from "./systems.mjs";

const light = ["trees", "network"];
const sloMs = 100;

/** A claim is held to what was measured; without a figure it does not hold. */
const atLeast = (name, least, measured) => ({
  ...{ name, required: `at least ${least}`, measured: measured ?? null },
  holds: typeof measured === "number" && measured >= least,
});

function throughput(comparison) {
  return light.flatMap((model) => [
    atLeast(
      `single-row JSON of ${model}, throughput against the best Python server`,
      6,
      comparison[model]?.againstBestPythonServer,
    ),
    atLeast(
      `single-row JSON of ${model}, throughput against Triton over HTTP`,
      0.8,
      comparison[model]?.againstTriton,
    ),
  ]);
}

/** At every rate that both sustain, for each of the Python servers. */
function lowerLatency(comparison) {
  return light.map((model) => {
    const beside = comparison[model]?.p99AtRatesThatBothSustain ?? {};
    const pairs = pythonServers.flatMap((peer) =>
      Object.entries(beside[peer] ?? {}).map(([rate, pair]) => ({ peer, rate: Number(rate), ...pair })),
    );
    return {
      name: `single-row JSON of ${model}, p99 at every rate that a Python server sustains too`,
      required: "lower than the Python server's",
      measured: { compared: pairs.length, notLower: pairs.filter(({ lower }) => !lower) },
      holds: pairs.length > 0 && pairs.every(({ lower }) => lower),
    };
  });
}

function predictions(own) {
  const figures = Object.values(own?.predictions ?? {}).filter((figure) => figure?.failed === 0);
  const sound = figures.map(({ predictionsPerSecond }) => predictionsPerSecond);
  const best = sound.length === 0 ? undefined : Math.max(...sound);
  return atLeast("predictions a second over HTTP, 64 rows in a request", 100_000, best);
}

const overhead = (own) =>
  light.map((model) => {
    const measured = own?.overhead?.[model]?.overheadP50Ms ?? null;
    return {
      ...{
        name: `overhead of ${model} over a bare session.run(), p50 at low load, ms`,
        required: "under 0.3",
      },
      ...{ measured, holds: measured !== null && measured < 0.3 },
    };
  });

const overload = (own) =>
  ["trees", "image"].map((model) => {
    const figures = own?.overload?.[model];
    const { during, normalAfterMs, failed } = figures ?? {};
    return {
      name: `${model} at twice the sustainable load`,
      required:
        `p99 of accepted requests at most ${sloMs} ms, the rest refused with Retry-After, none hung, ` +
        "normal within 1,000 ms after",
      measured:
        during === undefined
          ? (failed ?? null)
          : {
              acceptedP99Ms: during.accepted.p99Ms,
              accepted: during.accepted.count,
              refused: during.refused.count,
              refusedP99Ms: during.refused.p99Ms,
              hung: during.hung + during.notSent + during.otherwise,
              normalAfterMs,
            },
      holds: figures?.kept === true,
    };
  });

function swap(own) {
  const figures = own?.swap?.trees;
  return {
    ...{ name: "requests that failed while versions were swapped under full load", required: "0" },
    measured: figures?.failed ?? null,
    holds: figures?.kept === true,
  };
}

/** A bare loop, by what it is over: of those in memory, which only compute, the second is arranged by hand. */
const bareLoops = {
  "one session": "over rows in memory with one session that has all threads",
  "a session on each core": "over rows in memory with a session on each core",
  "file to file": "from file to file in Python",
};

const batch = (prediction) =>
  (prediction?.results ?? [{ model: "any model" }]).flatMap(({ model, beside }) =>
    Object.entries(bareLoops).map(([loop, what]) =>
      atLeast(
        `batch prediction of ${model} from file to file, rows a second against a bare loop ${what}`,
        0.9,
        beside?.[loop]?.ratio,
      ),
    ),
  );

/** Every claim of the server's, with what was measured and whether it holds. */
export function claimsOf({ systems, comparison, batchPrediction }) {
  const own = systems.millwright;
  return [
    ...throughput(comparison),
    ...lowerLatency(comparison),
    predictions(own),
    ...overhead(own),
    ...overload(own),
    swap(own),
    ...batch(batchPrediction),
  ];
}
