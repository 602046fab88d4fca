import { startCommand, type CodedError, type Ended, type Running } from "./command.js";

/** A running `millwright serve`, as a client and an operator see it. */
export interface Server {
  readonly url: string;
  /** The project's folder. */
  readonly folder: string;
  readonly running: Running;
  /** Sends JSON, or a text as it is. */
  post<Answer>(path: string, body: unknown): Promise<Exchange<Answer>>;
  get(path: string): Promise<Exchange<unknown>>;
  /** SIGTERM, and how the server ended. */
  stop(): Promise<Ended>;
}

export interface Exchange<Answer> {
  readonly status: number;
  readonly body: Answer;
}

export interface Prediction {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly probability: number;
}

export interface Refused {
  readonly error: CodedError;
}

/** A client of a server at an address. */
function clientOf(url: string): Pick<Server, "post" | "get"> {
  async function exchange<Answer>(path: string, init?: RequestInit): Promise<Exchange<Answer>> {
    const answer = await fetch(`${url}${path}`, init);
    const isJson = answer.headers.get("content-type")?.includes("json") === true;
    return { status: answer.status, body: (isJson ? await answer.json() : await answer.text()) as Answer };
  }
  const headers = { "content-type": "application/json" };
  return {
    get: (path) => exchange(path),
    post: (path, body) =>
      exchange(path, {
        method: "POST",
        headers,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

/** Wraps a command that was started as a server with `--json`; resolves when it listens. */
export async function listening(folder: string, running: Running): Promise<Server> {
  const { url } = JSON.parse(await running.firstLine) as { url: string };
  return {
    url,
    folder,
    running,
    ...clientOf(url),
    stop: () => {
      running.child.kill("SIGTERM");
      return running.ended;
    },
  };
}

/** Starts `millwright serve` on a free port of a project's folder. */
export const startServer = (folder: string, ...args: readonly string[]): Promise<Server> =>
  listening(folder, startCommand(folder, "serve", "--port", "0", "--json", "--quiet", ...args));
