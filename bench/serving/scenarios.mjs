import { arrivals, openLoop, summaryOf } from "./open-loop.mjs";
import { formOf, requestsOf, settle, systems } from "./systems.mjs";
import { closedLoop } from "./wrk.mjs";

const light = ["trees", "network"];
const rates = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000];
const imageRates = [5, 10, 20, 40];
const openConnections = 64;
const warmUpSeconds = 1;

const closed = async (context, { inputs, form, connections, seconds = context.seconds }) => {
  await settle(context);
  const target = { port: context.port, requests: requestsOf(context.name, inputs, form) };
  return closedLoop(target, { connections, seconds, folder: context.folder });
};

const open = async (context, { inputs, form, rate, connections = openConnections }) => {
  await settle(context);
  const requests = requestsOf(context.name, inputs, form);
  const records = await openLoop(
    { port: context.port, requests },
    { intended: arrivals([{ rate, seconds: context.seconds }]), connections },
  );
  return summaryOf(records, context);
};

/** The rates from the lowest up, until one is not sustained twice: what is above it would not be either. */
async function ladder(context, { inputs, form, steps }) {
  const results = {};
  for (const rate of steps) {
    results[rate] = await open(context, { inputs, form, rate });
    if (!results[rate].sustained) results[rate] = await open(context, { inputs, form, rate });
    if (!results[rate].sustained) break;
  }
  return results;
}

/** Code that was never run is slow in most of the systems, so each model is asked for a while before it counts. */
export async function warmUp(context) {
  for (const model of Object.keys(context.inputs)) {
    const given = { inputs: context.inputs[model].single, form: formOf(context.name, model) };
    await closed(context, { ...given, connections: 4, seconds: warmUpSeconds });
  }
}

/** Rows a second beside requests a second. */
const withRows = (result, rows) => ({ ...result, rowsPerSecond: result.requestsPerSecond * rows });

/**
 * What is measured of every system. A scenario takes a running system with its inputs and gives its figures, or
 * undefined where the system does not speak what is asked.
 */
export const scenarios = {
  /** One row in JSON: throughput with 16 and 64 connections. */
  single: async (context) => {
    const results = {};
    for (const model of light) {
      const given = { inputs: context.inputs[model].single, form: formOf(context.name, model) };
      results[model] = {
        "16 connections": await closed(context, { ...given, connections: 16 }),
        "64 connections": await closed(context, { ...given, connections: 64 }),
      };
    }
    return results;
  },
  /** One row in JSON at fixed rates: percentiles. */
  ladder: async (context) => {
    const results = {};
    for (const model of light) {
      const given = { inputs: context.inputs[model].single, form: formOf(context.name, model), steps: rates };
      results[model] = await ladder(context, given);
    }
    return results;
  },
  /** 64 rows in JSON, and as binary tensors. */
  rows: async (context) => {
    const results = {};
    const { json, binary } = systems[context.name];
    for (const model of light) {
      const inputs = context.inputs[model].rows;
      results[model] = { json: withRows(await closed(context, { inputs, form: json, connections: 16 }), 64) };
      if (binary === undefined) continue;
      results[model].binary = withRows(await closed(context, { inputs, form: binary, connections: 16 }), 64);
    }
    return results;
  },
  /** One image: throughput, and percentiles at fixed rates. */
  image: async (context) => {
    const given = { inputs: context.inputs.image.single, form: formOf(context.name, "image") };
    return {
      form: given.form,
      "4 connections": await closed(context, { ...given, connections: 4 }),
      rates: await ladder(context, { ...given, steps: imageRates }),
    };
  },
  /** One row from one caller who waits for each answer, less what a bare `session.run()` of the same row takes. */
  overhead: async (context) => {
    const results = {};
    for (const model of light) {
      const given = { inputs: context.inputs[model].single, form: formOf(context.name, model) };
      const { p50Ms, p99Ms } = await closed(context, { ...given, connections: 1 });
      const bareP50Ms = context.bare[model][context.name === "millwright" ? "node" : "python"].p50Ms;
      results[model] = { p50Ms, p99Ms, bareP50Ms, overheadP50Ms: p50Ms - bareP50Ms };
    }
    return results;
  },
};
