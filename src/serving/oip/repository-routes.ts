import type { FastifyRequest } from "fastify";
import { optionalFields } from "./call-body.js";
import type { OipDoor } from "./door.js";
import type { ModelRequest } from "./infer-route.js";
import { parametersOf } from "./infer-request.js";
import { badRequest, shown } from "./refusals.js";

/** The models and versions of the repository; with `{"ready": true}` those that take requests. */
export async function repositoryIndex({ host, bodyLimitBytes }: OipDoor, request: FastifyRequest) {
  const { ready = false } = await optionalFields(request, bodyLimitBytes);
  if (typeof ready !== "boolean") throw badRequest('"ready" to be true or false', shown(ready));
  const entries = await host.index();
  return ready ? entries.filter(({ state }) => state === "READY") : entries;
}

/** Loads the champion, or the version or alias of the parameter `version`, and makes it the default. */
export async function repositoryLoad({ host, bodyLimitBytes }: OipDoor, request: ModelRequest) {
  const parameters = parametersOf(await optionalFields(request, bodyLimitBytes));
  const strange = Object.keys(parameters).find((key) => key !== "version");
  if (strange !== undefined)
    throw badRequest(
      'no parameter but "version"',
      shown(strange),
      "A package says what it is; import another file with `millwright models import`, and load its version.",
    );
  const { version } = parameters;
  if (version !== undefined && typeof version !== "string")
    throw badRequest('the parameter "version" to be a text', shown(version));
  const loaded = await host.load(request.params.model, version);
  return { name: loaded.name, version: loaded.version, state: "READY" };
}

/** Takes a model out of memory, once what it computes is answered. Nothing depends on it, so no parameter matters. */
export async function repositoryUnload({ host, bodyLimitBytes }: OipDoor, request: ModelRequest) {
  await optionalFields(request, bodyLimitBytes);
  await host.unload(request.params.model);
  return { name: request.params.model, state: "UNAVAILABLE" };
}
