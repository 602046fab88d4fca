import { setTimeout as wait } from "node:timers/promises";
import { arrivals, openLoop, percentiles, summaryOf } from "./open-loop.mjs";
import { formOf, requestsOf, settle, systems } from "./systems.mjs";
import { closedLoop } from "./wrk.mjs";

const sloMs = 100;
/** What a caller who wants an answer within the SLO says that it waits: the rest is for the way there and back. */
const timeoutMs = 80;
const backOff = 0.8;
const connections = 256;
const refusals = new Set([429, 503]);
const calmSeconds = 3;
const swapPauseMs = 200;

const targetOf = (context, model, { inputs = "single", timeoutMs } = {}) => ({
  port: context.port,
  requests: requestsOf(context.name, context.inputs[model][inputs], formOf(context.name, model), timeoutMs),
});

/** The highest rate in steps of 0.8, from what a closed loop reached down, that is sustained within the SLO. */
async function sustainableRate(context, model, inputs) {
  const target = targetOf(context, model, { inputs });
  const { seconds, folder } = context;
  let { requestsPerSecond: rate } = await closedLoop(target, { connections: 16, seconds, folder });
  for (; rate > 1; rate *= backOff) {
    await settle(context);
    const intended = arrivals([{ rate, seconds }]);
    const result = summaryOf(await openLoop(target, { intended, connections }), { seconds });
    if (result.sustained && result.p99Ms <= sloMs) return rate;
  }
  throw new Error(`expected a rate of ${model} that is sustained within ${sloMs} ms, found none`);
}

/** What came of the requests that were meant for a time. */
function phaseOf(records, fromMs, toMs) {
  const { intended, sentAt, doneAt, status, retryAfter } = records;
  const numbers = Array.from(intended, (_, number) => number).filter(
    (number) => intended[number] >= fromMs && intended[number] < toMs,
  );
  const accepted = numbers.filter((number) => status[number] === 200);
  const refused = numbers.filter((number) => refusals.has(status[number]));
  const sinceIntended = (number) => doneAt[number] - intended[number];
  return {
    offered: numbers.length,
    accepted: { count: accepted.length, ...percentiles(accepted.map(sinceIntended)) },
    refused: {
      count: refused.length,
      withRetryAfter: refused.filter((number) => retryAfter[number] === 1).length,
      ...percentiles(refused.map((number) => doneAt[number] - sentAt[number])),
    },
    hung: numbers.filter((number) => status[number] === -2).length,
    notSent: numbers.filter((number) => status[number] === -1).length,
    otherwise: numbers.filter(
      (number) => ![200, -1, -2].includes(status[number]) && !refusals.has(status[number]),
    ).length,
    sentLateP99Ms: percentiles(
      numbers.map((number) => sentAt[number] - intended[number]).filter(Number.isFinite),
    ).p99Ms,
  };
}

/** How long after a moment the last request was meant that was not answered well within the SLO. */
function backToNormalMs({ intended, doneAt, status }, fromMs) {
  const bad = Array.from(intended, (_, number) => number).filter(
    (number) =>
      intended[number] >= fromMs && !(status[number] === 200 && doneAt[number] - intended[number] <= sloMs),
  );
  return bad.length === 0 ? 0 : intended[bad.at(-1)] - fromMs;
}

/** One model that cannot be measured does not keep the others from it. */
const told = (figures) => figures.catch((error) => ({ failed: error.message, kept: false }));

/**
 * Half of the sustainable load, then twice, then half again; each request says how long it waits. What is asked must
 * cost the server several times what it costs the generator, which shares its cores: else that is what is overloaded.
 */
async function overload(context, model, inputs) {
  const sustainable = await sustainableRate(context, model, inputs);
  const phases = [
    { rate: sustainable / 2, seconds: calmSeconds },
    { rate: sustainable * 2, seconds: context.seconds },
    { rate: sustainable / 2, seconds: calmSeconds },
  ];
  await settle(context);
  const records = await openLoop(targetOf(context, model, { inputs, timeoutMs }), {
    intended: arrivals(phases),
    connections,
  });
  const from = calmSeconds * 1_000;
  const to = from + context.seconds * 1_000;
  const during = phaseOf(records, from, to);
  const normalAfterMs = backToNormalMs(records, to);
  const kept =
    during.accepted.p99Ms <= sloMs &&
    during.hung + during.notSent + during.otherwise === 0 &&
    during.refused.withRetryAfter === during.refused.count &&
    normalAfterMs <= 1_000;
  return { sloMs, sustainablePerSecond: sustainable, during, normalAfterMs, kept };
}

/** Loads the one version and the other in turn while a closed loop keeps asking for whichever there is. */
async function swap(context, model) {
  const { seconds, folder, port } = context;
  let running = true;
  let swaps = 0;
  let refused = 0;
  const asked = closedLoop(targetOf(context, model), { connections: 16, seconds, folder }).finally(
    () => (running = false),
  );
  for (let wanted = "2"; running; wanted = wanted === "2" ? "1" : "2") {
    const response = await fetch(`http://127.0.0.1:${port}/v2/repository/models/${model}/load`, {
      method: "POST",
      body: JSON.stringify({ parameters: { version: wanted } }),
    });
    const { version } = await response.json();
    if (response.status === 200 && version === wanted) swaps++;
    else refused++;
    await wait(swapPauseMs);
  }
  const { requests, failed, requestsPerSecond, p99Ms } = await asked;
  return {
    ...{ swaps, refusedSwaps: refused, requests, failed, requestsPerSecond, p99Ms },
    kept: failed === 0 && refused === 0 && swaps > 1,
  };
}

/** 64 rows in a request, in the form that is fastest to read, with few, some and many connections. */
async function manyRows(context) {
  const results = {};
  for (const model of ["trees", "network"]) {
    const { port, seconds, folder } = context;
    const requests = requestsOf(context.name, context.inputs[model].rows, systems[context.name].binary);
    for (const count of [4, 16, 64]) {
      const { requestsPerSecond, p99Ms, failed } = await closedLoop(
        { port, requests },
        { connections: count, seconds, folder },
      );
      results[`${model}, ${count} connections`] = {
        predictionsPerSecond: requestsPerSecond * 64,
        p99Ms,
        failed,
      };
    }
  }
  return results;
}

/** What only Millwright is asked for: the peers have no counterpart, or no bound on their queues. */
export const ownScenarios = {
  overload: async (context) => ({
    trees: await told(overload(context, "trees", "rows")),
    image: await told(overload(context, "image", "single")),
  }),
  swap: async (context) => ({ trees: await swap(context, "trees") }),
  predictions: manyRows,
};
