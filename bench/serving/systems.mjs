import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { millwright } from "./own.mjs";
import { peers, pythonOf } from "./peers.mjs";
import { numbersOf, requestOf } from "./requests.mjs";
import { freePorts, startServer } from "./server-process.mjs";

export const systems = { millwright, ...peers };
export const pythonServers = ["fastapi", "bentoml", "mlserver", "litserve", "ray"];
/** Written by hand around a framework rather than as it recommends: compared, but of no claim. */
export const handWritten = "fastapi-bare";

const readyMs = 300_000;
const answerMs = 60_000;
/** More than one, because two workers have a queue each. */
const settleTurns = 4;
const retryMs = 250;
const tolerance = 1e-5;

/** The requests with which a system is asked for these inputs, in the form that a scenario wants. */
export const requestsOf = (name, inputs, form, timeoutMs) =>
  inputs.map((input) => requestOf(form, { path: systems[name].path(input.model), input, timeoutMs }));

/** The form in which a system reads the image. */
export const formOf = (name, model) => (model === "image" ? systems[name].image : systems[name].json);

/**
 * Starts a system in a temporary folder of its own and waits until it answers `probes` rightly.
 *
 * @param {string} name
 * @param {{ folder: string, modelsFolder: string, report: (text: string) => void, started: (server) => void }} given
 */
export async function startSystem(name, { folder: parent, modelsFolder, report, started, probes }) {
  const { prepare, ports: portCount = 1 } = systems[name];
  const python = name === "millwright" ? undefined : await pythonOf(name, report);
  const folder = await mkdtemp(join(parent, `${name}-`));
  const ports = await freePorts(portCount);
  const { command, env, alsoRemove } = await prepare({ python, ports, port: ports[0], folder, modelsFolder });
  const begin = performance.now();
  const server = startServer(command, { cwd: folder, env });
  const stop = async () => {
    await server.stop();
    for (const made of [folder, alsoRemove ?? folder]) await rm(made, { recursive: true, force: true });
  };
  started(stop);
  const port = ports[0];
  await untilReady({ name, server, port, probes });
  return { name, port, stop, startSeconds: (performance.now() - begin) / 1_000, said: server.said };
}

async function untilReady({ name, server, port, probes }) {
  const deadline = performance.now() + readyMs;
  for (const probe of probes) {
    for (let last = "nothing"; ;) {
      if (server.over() !== undefined)
        throw new Error(`${name} ${server.over()}: ${server.said().slice(-2_000)}`);
      if (performance.now() > deadline) {
        throw new Error(
          `${name} was not ready in ${readyMs / 1_000} s: ${last}: ${server.said().slice(-2_000)}`,
        );
      }
      try {
        await ask(port, requestsOf(name, [probe.input], formOf(name, probe.input.model))[0]);
        break;
      } catch (error) {
        last = error.cause?.message ?? error.message;
        await wait(retryMs);
      }
    }
  }
}

/** One answer as numbers. */
async function ask(port, { path, headers, body }) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...{ method: "POST", headers, body },
    signal: AbortSignal.timeout(answerMs),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200)
    throw new Error(`${path}: ${response.status}: ${bytes.toString().slice(0, 500)}`);
  return numbersOf(bytes, response.headers.get("inference-header-content-length"));
}

/** Waits until a system has nothing left of what was asked before: queues are first in, first out. */
export async function settle({ name, port, inputs }) {
  for (const [model, { single }] of Object.entries(inputs)) {
    const [request] = requestsOf(name, single.slice(0, 1), formOf(name, model));
    for (let turn = 0; turn < settleTurns; turn++) await ask(port, request);
  }
}

/**
 * Asks a system for every input in a form and compares with the bare session: a server that answers something else
 * is not measured. Returns the largest difference.
 */
export async function verify({ name, port }, expected, form) {
  let largest = 0;
  for (const { input, outputs } of expected) {
    const [request] = requestsOf(name, [input], form);
    const answered = await ask(port, request);
    const apart = outputs.map((value, i) => Math.abs(value - answered[i]) / Math.max(1, Math.abs(value)));
    largest = Math.max(largest, ...apart);
    if (answered.length === outputs.length && largest <= tolerance) continue;
    const [found, wanted] = [answered, outputs].map((numbers) => JSON.stringify(numbers.slice(0, 3)));
    throw new Error(
      `${name}, ${input.model} as ${form}: expected ${wanted} within ${tolerance}, found ${found}`,
    );
  }
  return largest;
}
