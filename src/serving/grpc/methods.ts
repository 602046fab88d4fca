import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { isMillwrightError, type MillwrightError } from "../../kernel/index.js";
import { modelConfig, modelMetadata, modelStatistics, serverMetadata } from "../oip/describe-model.js";
import type { GrpcCall, OpenDoor } from "./door.js";
import { decoded, waitingFor, type BrokenMessage, type Waiting } from "./incoming.js";
import { describeCall, type AnswerInference } from "./infer.js";
import type { InferRequest, Named, RepositoryCallRequest, RepositoryIndexRequest } from "./messages.js";
import { missingMethods, type UnaryMethod } from "./protocol.js";
import { inconsistent, notOffered } from "./refusals.js";
import { settled } from "./settled.js";
import { statusOf } from "./status.js";

/** Answers a message; the promise or value is the response message. */
type Answer<Request> = (request: Request, waiting: Waiting) => object | Promise<object>;

/** The methods of the inference service that take one message and give one. */
export function unaryMethods(door: OpenDoor, infer: AnswerInference): UntypedServiceImplementation {
  const answers = { ...healthMethods(door), ...lookMethods(door), ...repositoryMethods(door) };
  const inference: Answer<InferRequest> = (request, waiting) => infer(request, waiting);
  const all = { ...answers, ModelInfer: unary(door, "ModelInfer", inference) } satisfies Record<
    UnaryMethod,
    unknown
  >;
  const missing = missingMethods.map((method) => [
    method,
    unary(door, method, () => {
      throw notOffered(method, "Send tensors in messages, and set the server up by its configuration.");
    }),
  ]);
  return { ...all, ...(Object.fromEntries(missing) as UntypedServiceImplementation) };
}

/** A handler that answers errors with their status, and never throws. */
export function unary<Request>(door: OpenDoor, method: string, answer: Answer<Request>) {
  return (call: ServerUnaryCall<Request | BrokenMessage, object>, respond: sendUnaryData<object>): void => {
    const run = async () => answer(decoded(call.request, method), waitingFor(call, method, door.clock));
    run().then(
      (response) => respond(null, response),
      (error: unknown) => respond(statusOf(refused(door, error, method))),
    );
  };
}

/** The error to answer for what was thrown, once it is counted. */
export function refused(door: OpenDoor, error: unknown, method: string): MillwrightError {
  const coded = door.explain(error, method);
  door.onRefused?.(coded, method);
  return coded;
}

/** A handler behind authentication. */
function guarded<Request>(
  door: OpenDoor,
  { method, verb }: Pick<GrpcCall, "method" | "verb">,
  { model, answer }: { readonly model: (request: Request) => string; readonly answer: Answer<Request> },
) {
  return unary<Request>(door, method, async (request, waiting) => {
    const name = model(request);
    const call = describeCall({ verb, model: name === "" ? undefined : name, rows: 1 }, waiting);
    return settled(door, call, async () => {
      await door.authenticate?.(call);
      return answer(request, waiting);
    });
  });
}

/** Health needs no key: whoever watches over servers has none. */
const healthMethods = (door: OpenDoor) => ({
  ServerLive: unary(door, "ServerLive", () => ({ live: true })),
  ServerReady: unary(door, "ServerReady", () => ({ ready: isReady(door) })),
});

export const isReady = ({ closing, ready }: OpenDoor): boolean => !closing() && (ready?.() ?? true);

function lookMethods(door: OpenDoor) {
  const { host, server } = door;
  const look = <Request>(method: string, model: (request: Request) => string, answer: Answer<Request>) =>
    guarded(door, { method, verb: "read" }, { model, answer });
  const name = (request: Named) => request.name;
  /** An empty text names none. */
  const wanted = ({ name: model, version }: Named): [model: string, version: string | undefined] => [
    model,
    version === "" ? undefined : version,
  ];
  return {
    ModelReady: look("ModelReady", name, (request) => ({
      ready: !door.closing() && isFound(() => host.find(...wanted(request))),
    })),
    ServerMetadata: look(
      "ServerMetadata",
      () => "",
      () => serverMetadata(server),
    ),
    ModelMetadata: look("ModelMetadata", name, (request) => modelMetadata(host, ...wanted(request))),
    ModelConfig: look("ModelConfig", name, (request) => ({
      config: modelConfig(host, ...wanted(request)),
    })),
    ModelStatistics: look("ModelStatistics", name, (request) =>
      request.name === "" ? modelStatistics(host) : modelStatistics(host, ...wanted(request)),
    ),
  };
}

/** False for a model that is unknown or not ready. */
function isFound(find: () => unknown): boolean {
  try {
    find();
    return true;
  } catch (error) {
    if (isMillwrightError(error) && (error.row.http === 404 || error.row.http === 503)) return false;
    throw error;
  }
}

function repositoryMethods(door: OpenDoor) {
  const { host } = door;
  const manage = (method: string, answer: Answer<RepositoryCallRequest>) =>
    guarded(
      door,
      { method, verb: "manage" },
      { model: (request: RepositoryCallRequest) => request.model_name, answer },
    );
  return {
    RepositoryIndex: guarded(
      door,
      { method: "RepositoryIndex", verb: "read" },
      {
        model: () => "",
        answer: async (request: RepositoryIndexRequest) => {
          refuseRepository(request.repository_name);
          const entries = await host.index();
          return { models: request.ready ? entries.filter(({ state }) => state === "READY") : entries };
        },
      },
    ),
    RepositoryModelLoad: manage("RepositoryModelLoad", async (request) => {
      refuseRepository(request.repository_name);
      const version = wantedVersion(request);
      await (version === undefined ? host.load(request.model_name) : host.load(request.model_name, version));
      return {};
    }),
    RepositoryModelUnload: manage("RepositoryModelUnload", async (request) => {
      refuseRepository(request.repository_name);
      await host.unload(request.model_name);
      return {};
    }),
  };
}

function refuseRepository(name: string): void {
  if (name !== "") throw notOffered(`the repository ${name}`, "Leave repository_name empty: there is one.");
}

/** The parameter `version`, a number or an alias. Others would replace what the package says, and are refused. */
function wantedVersion({ parameters }: RepositoryCallRequest): string | undefined {
  const strange = Object.keys(parameters).find((name) => name !== "version");
  if (strange !== undefined) {
    throw notOffered(
      `the parameter ${strange}`,
      "Import another file with `millwright models import`, and load its version.",
    );
  }
  if (!Object.hasOwn(parameters, "version")) return undefined;
  const { string_param: text, int64_param: digits } = parameters.version;
  const version = text ?? digits;
  if (version !== undefined && version !== "") return version;
  throw inconsistent("the parameter version to be a text", "another type");
}
