import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { systemClock } from "../../kernel/index.js";
import { fixtureProject, type FixtureProject } from "./live-project.testing.js";
import type { HttpServerOptions, ServerLog } from "./options.js";
import { startHttpServer, type HttpServer } from "./server.js";

export interface LogLine {
  readonly level: keyof ServerLog;
  readonly fields: object;
  readonly message: string;
}

export interface Served {
  readonly live: FixtureProject;
  readonly server: HttpServer;
  readonly log: readonly LogLine[];
  get(path: string): Promise<Answer>;
  /** Sends an object as JSON, a text as it is. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

/** A JSON answer, for assertions with `toEqual` and `toMatchObject`. */
export type Json = Readonly<Record<string, unknown>> | undefined;

export const predictPath = "/v1/models/arrival-delay/predict";

/** Serves the fixture project on a free port until the test ends. */
export async function serve(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const lines: LogLine[] = [];
  const write = (level: keyof ServerLog) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  const log: ServerLog = { info: write("info"), error: write("error") };
  const live = fixtureProject();
  const server = await startHttpServer(live, { clock: systemClock, log, ...options });
  onTestFinished(() => server.close());
  const call = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(server.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? (JSON.parse(text) as Json) : undefined,
    };
  };
  return {
    live,
    server,
    log: lines,
    get: (path) => call(path),
    post: (path, body, headers = { "content-type": "application/json" }) =>
      call(path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) }),
  };
}

/** Writes bytes to the server's socket and resolves with all that comes back before the connection ends. */
export function exchangeRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let received = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (received += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
  });
}
