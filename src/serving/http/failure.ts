import type { FastifyRequest } from "fastify";
import type { Socket } from "node:net";
import { didYouMean, isMillwrightError, nearest, type MillwrightError } from "../../kernel/index.js";
import type { LiveModel, LiveProject } from "../../lifecycle/index.js";
import { servingErrors } from "../errors.js";
import { answerLate, clip } from "../refusals.js";
import { createTroubleLog } from "../trouble-log.js";
import { allowedMethods, routes, type Route } from "./route-table.js";
import type { CompiledHttpOptions } from "./options.js";

/** Turns whatever was thrown while a request was served into a coded error; logs faults. */
export type Explain = (error: unknown, request: Explained) => MillwrightError;

/** What an explanation reads of a request. */
type Explained = Pick<FastifyRequest, "id" | "url" | "headers"> & {
  readonly raw: Pick<FastifyRequest["raw"], "destroyed" | "complete">;
  readonly routeOptions?: Pick<FastifyRequest["routeOptions"], "bodyLimit">;
};

type Framed = (request: Explained, options: CompiledHttpOptions) => MillwrightError;

/** fastify's own errors, by their code. */
const framed: Readonly<Record<string, Framed>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (request, options) => {
    // Tensors have a limit of their own, as their routes say.
    const limitBytes = request.routeOptions?.bodyLimit ?? options.bodyLimitBytes;
    const announced = request.headers["content-length"];
    return servingErrors.error("MW0806", {
      expected: `at most ${limitBytes} bytes`,
      found: announced === undefined ? "more" : `${announced} bytes`,
      remedy:
        "Send several smaller requests; --body-limit (bodyLimitBytes) raises the limit of the typed API.",
      details: {
        limitBytes,
        ...(announced === undefined ? {} : { foundBytes: Number(announced) }),
      },
    });
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (request) =>
    servingErrors.error("MW0802", {
      expected: request.url.startsWith("/v1/events/")
        ? "application/json or application/x-ndjson"
        : "application/json",
      found: clip(String(request.headers["content-type"])),
      remedy: "Send JSON and name it so in the header Content-Type.",
    }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    badHttp("a body as long as Content-Length says", "another length"),
  FST_ERR_BAD_URL: (request) => badHttp("a path with valid percent escapes", clip(request.url)),
};

/** The explanation of errors for a server with these options. */
export function createExplain(options: CompiledHttpOptions): Explain {
  const tell = createTroubleLog(options);
  return (error, request) => {
    if (isMillwrightError(error)) {
      tell(error, { requestId: request.id });
      return error;
    }
    const known = framed[codeOf(error)];
    if (known !== undefined) return known(request, options);
    if (request.raw.destroyed && !request.raw.complete) {
      return badHttp("a complete request", "a connection that was closed before its end");
    }
    options.log.error({ err: error, requestId: request.id }, "unexpected failure while serving a request");
    return servingErrors.error("MW0809", {
      expected: "the request to be served",
      found: "a fault in the server",
      remedy: `Look for "${request.id}" in the server's log, and report it.`,
      details: { requestId: request.id },
      cause: error,
    });
  };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "none";

function badHttp(expected: string, found: string): MillwrightError {
  return servingErrors.error("MW0813", { expected, found, remedy: "Use a well-kept HTTP client." });
}

/** What took too long: MW0808 the answer, MW0810 the request itself. */
export function late(
  request: { readonly raw: Pick<FastifyRequest["raw"], "complete"> },
  requestTimeoutMs: number,
): MillwrightError {
  return request.raw.complete ? answerLate(requestTimeoutMs) : requestLate(requestTimeoutMs);
}

function requestLate(requestTimeoutMs: number): MillwrightError {
  return servingErrors.error("MW0810", {
    expected: `the whole request within ${requestTimeoutMs} ms`,
    found: "a part of it",
    remedy: "Send it again over a faster connection, or in smaller parts.",
    details: { requestTimeoutMs },
  });
}

/** MW0805 where the path exists with another method, else MW0804 with the nearest route of this project. */
export function noSuchRoute(request: FastifyRequest, live: LiveProject): MillwrightError {
  const path = request.url.split("?", 1)[0];
  const allowed = allowedMethods(path);
  if (allowed.length > 0) {
    return servingErrors.error("MW0805", {
      expected: allowed.join(" or "),
      found: request.method,
      remedy: `Send ${allowed[0]} ${clip(path)}.`,
      details: { allowed },
    });
  }
  const near = path.length > 300 ? undefined : nearest(path, concretePaths(live));
  return servingErrors.error("MW0804", {
    expected: "a route of this server",
    found: clip(`${request.method} ${path}`),
    remedy: near === undefined ? "GET / lists the routes." : `Did you mean "${near}"?`,
  });
}

function concretePaths(live: LiveProject): string[] {
  const fill = ({ path }: Route): string[] => {
    if (path.includes("{model}")) return live.models.map(({ name }) => path.replace("{model}", name));
    if (path.includes("{source}")) return live.sources.map(({ name }) => path.replace("{source}", name));
    return [path];
  };
  return Object.values(routes).flatMap(fill);
}

/** The model of a name. Throws MW0814 with the nearest one. */
export function modelOf(live: LiveProject, name: string): LiveModel {
  const model = live.models.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  const names = live.models.map((candidate) => candidate.name);
  throw servingErrors.error("MW0814", {
    expected: "a model of this server",
    found: JSON.stringify(clip(name)),
    remedy: didYouMean(clip(name), names),
    details: { model: clip(name) },
  });
}

/** Answers what is not HTTP, or came too slowly to become a request, and closes the connection. */
export function createSocketAnswer(requestTimeoutMs: number): (error: Error, socket: Socket) => void {
  return (error, socket) => {
    const code = codeOf(error);
    if (code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const coded = socketError(code, requestTimeoutMs);
    const body = JSON.stringify({ error: coded.toJSON() });
    socket.end(
      `HTTP/1.1 ${coded.row.http} ${coded.row.title}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  };
}

function socketError(code: string, requestTimeoutMs: number): MillwrightError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return requestLate(requestTimeoutMs);
  if (code !== "HPE_HEADER_OVERFLOW") return badHttp("an HTTP/1.1 request", code);
  return servingErrors.error("MW0816", {
    expected: "at most 16 KiB of headers",
    found: "more",
    remedy: "Send fewer or shorter headers; data belongs into the body.",
  });
}
