import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A collector that takes OTLP/HTTP in JSON and keeps what comes, as the OpenTelemetry protocol's JSON mapping has it. */
export interface Collector {
  readonly endpoint: string;
  /** In the order in which they came. */
  readonly spans: readonly Span[];
  readonly requests: readonly Request[];
  /** Resolves once so many spans came. */
  received(count: number): Promise<readonly Span[]>;
  /** Resolves once so many requests came. */
  asked(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parent: string;
  readonly state: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Request {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: number;
}

/** What it answers: a status, or nothing at all, ever. */
export type Behaviour = number | "hang";

export async function startCollector(behave: (request: number) => Behaviour = () => 200): Promise<Collector> {
  const spans: Span[] = [];
  const requests: Request[] = [];
  const waiting: { ready: () => boolean; resolve: () => void }[] = [];
  const until = (ready: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.push({ ready, resolve });
      tell();
    });
  const tell = () => {
    for (const one of waiting.filter(({ ready }) => ready())) {
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve();
    }
  };
  const take = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const { url: path = "", headers } = request;
    requests.push({ path, headers, bytes: body.length });
    const behaviour = behave(requests.length);
    if (behaviour === 200) spans.push(...spansOf(JSON.parse(body) as Sent));
    if (behaviour !== "hang") {
      response.writeHead(behaviour, { "content-type": "application/json" }).end("{}");
    }
    tell();
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => take(request, response, Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ spans, requests },
    received: (count) => until(() => spans.length >= count).then(() => spans),
    asked: (count) => until(() => requests.length >= count),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly SentAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

interface SentSpan extends Pick<Span, "name" | "kind" | "traceId" | "spanId"> {
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly SentAttribute[];
  readonly links: Span["links"];
  readonly status: { readonly code: number };
}

interface SentAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const values = (attributes: readonly SentAttribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

const spansOf = ({ resourceSpans }: Sent): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, kind, traceId, spanId, parentSpanId, traceState, ...span }) => ({
        ...{ name, kind, traceId, spanId },
        parent: parentSpanId ?? "",
        state: traceState ?? "",
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: values(span.attributes),
        links: span.links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
        status: span.status.code,
        resource: values(resource.attributes),
      })),
    ),
  );
