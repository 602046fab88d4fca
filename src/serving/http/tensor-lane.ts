import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { MillwrightError } from "../../kernel/index.js";
import { answerCoding, compressed, type Coding } from "../oip/compression.js";
import { oipErrorText, oipStatus } from "../oip/failure.js";
import { headerLengthName } from "../oip/infer-route.js";
import { inferOnce, type InferenceAsked } from "../oip/infer-once.js";
import type { InferAnswer } from "../oip/infer-response.js";
import { modelRoutes, versioned } from "../oip/route-table.js";
import { connectionSignal } from "./connection-signal.js";
import { retryAfter, type Door } from "./door.js";
import { createSocketAnswer, late } from "./failure.js";
import { answerWriter, type LaneAnswer } from "./lane-answer.js";
import { LaneConnection, type LanePorts, type LaneRequest } from "./lane-connection.js";
import { headReader, type LaneHead } from "./lane-head.js";
import type { Served } from "./metrics.js";
import type { CompiledHttpOptions } from "./options.js";

/** The connections that are in the lane. */
export interface TensorLane {
  /** Closes the connections that wait for nothing; the others close with their answers. */
  close(): void;
}

/** A request, and what the server counts of it. A class, since one is made for every request. */
class Passing implements LaneRequest {
  complete = false;
  over = false;
  served: Served | null = null;
  /** Of the answer; 499 while there is none. */
  status = 499;
  settle = (): void => undefined;

  constructor(
    readonly head: LaneHead,
    readonly startedMs: number,
    readonly refusal: MillwrightError | undefined,
  ) {}

  get refused(): boolean {
    return this.refusal !== undefined;
  }
}

type Tensors = NonNullable<CompiledHttpOptions["tensors"]>;
type Around = Pick<LanePorts<Passing>, "idleMs" | "handOver" | "left">;

const noLane: TensorLane = Object.freeze({ close: () => undefined });

/**
 * Puts a lane for inferences before a server's own parser. They are most of a model server's requests, of one plain
 * shape, and Node's parser with the router behind it costs several times what the model does. Connections begin in the
 * lane and stay while they ask for nothing else; then the server has them, as it would without it. Who must be known
 * first, and what is traced or encrypted, does not come by here.
 */
export function openTensorLane(server: Server, door: Door): TensorLane {
  const { gate, tracing, tls, tensors, corsOrigins } = door.options;
  if (gate !== undefined || tracing !== undefined || tls !== undefined || tensors === undefined)
    return noLane;
  // Answers to pages of other origins bear headers that the lane does not write.
  if (corsOrigins.length > 0) return noLane;
  const toParser = server.listeners("connection");
  const connections = new Set<LaneConnection<Passing>>();
  const ports = lanePorts(door, tensors, {
    idleMs: server.keepAliveTimeout,
    handOver(socket, bytes) {
      socket.pause();
      for (const listener of toParser) listener.call(server, socket);
      socket.unshift(bytes);
      socket.resume();
    },
    left: (connection) => void connections.delete(connection),
  });
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => void connections.add(new LaneConnection(socket, ports)));
  return Object.freeze({
    close() {
      for (const connection of connections) if (connection.isIdle) connection.destroy();
    },
  });
}

function lanePorts(door: Door, tensors: Tensors, around: Around): LanePorts<Passing> {
  const { clock, requestTimeoutMs } = door.options;
  const write = answerWriter(clock, around.idleMs);
  const answerSocket = createSocketAnswer(requestTimeoutMs);
  return Object.freeze({
    ...around,
    firstMs: requestTimeoutMs,
    isLast: door.closing,
    readHead: headReader(tensors.bodyLimitBytes),
    enter(head: LaneHead, connection: LaneConnection<Passing>) {
      const passing = new Passing(head, clock.monotonicMs(), door.admission.enter());
      passing.settle = door.deadlines.start(() => {
        const answer = refused(door, passing, late({ raw: passing }, requestTimeoutMs));
        connection.endWith(write(answer, true));
      });
      return passing;
    },
    serve: (passing: Passing, body: Buffer, socket: Socket) =>
      answerOf(door, { host: tensors.host, passing, body, socket }).then(
        (answer) => write(answer, door.closing()),
        (error: unknown) => write(refused(door, passing, error), door.closing()),
      ),
    leave: (passing: Passing) => leave(door, passing),
    silent: (socket: Socket) => answerSocket(new SilentConnection(), socket),
  });
}

/** As Node's parser calls a request that does not come. */
class SilentConnection extends Error {
  readonly code = "ERR_HTTP_REQUEST_TIMEOUT";
}

interface Asked {
  readonly host: Tensors["host"];
  readonly passing: Passing;
  readonly body: Buffer;
  readonly socket: Socket;
}

async function answerOf(door: Door, { host, passing, body, socket }: Asked): Promise<LaneAnswer> {
  if (passing.refusal !== undefined) throw passing.refusal;
  const { head } = passing;
  const { clock, requestTimeoutMs } = door.options;
  const asked: InferenceAsked = {
    named: head,
    arrivedMs: passing.startedMs,
    body: () => body,
    headerLength: head.headerLength,
    signal: () => connectionSignal({ raw: { socket } }),
    onInferred({ model: { name, version }, inferred, rows, latencyMs }) {
      passing.served = { model: name, version };
      door.metrics.inferred({ model: name, version, inferred, latencyMs, over: "v2", rows });
    },
  };
  const answer = await inferOnce({ host, clock, requestTimeoutMs }, asked);
  passing.status = 200;
  const coding = answerCoding(head.acceptEncoding, answer.body.length);
  return coding === undefined ? plain(answer) : encoded(answer, coding);
}

const json = "content-type: application/json\r\n";
const octets = "content-type: application/octet-stream\r\n";

function plain({ body, headerLength }: InferAnswer): LaneAnswer {
  const fields = headerLength === undefined ? json : `${octets}${headerLengthName}: ${headerLength}\r\n`;
  return { status: 200, body, fields };
}

async function encoded(answer: InferAnswer, coding: Coding): Promise<LaneAnswer> {
  const fields = `${plain(answer).fields}content-encoding: ${coding}\r\nvary: accept-encoding\r\n`;
  return { status: 200, body: await compressed(Buffer.from(answer.body), coding), fields };
}

/** As the routes of the protocol answer errors. */
function refused({ explain, metrics }: Door, passing: Passing, error: unknown): LaneAnswer {
  const { head, complete } = passing;
  const coded = explain(error, {
    id: "lane",
    url: pathOf(head),
    headers: {},
    raw: { destroyed: false, complete },
  });
  metrics.failure(coded.code);
  passing.status = oipStatus(coded);
  const again = retryAfter(coded);
  return {
    status: passing.status,
    body: JSON.stringify({ error: oipErrorText(coded) }),
    fields: `${json}millwright-code: ${coded.code}\r\n${again === undefined ? "" : `retry-after: ${again}\r\n`}`,
  };
}

const routes = { plain: modelRoutes.infer.path, versioned: versioned(modelRoutes.infer).path };
const routeOf = ({ version }: LaneHead): string => (version === undefined ? routes.plain : routes.versioned);
const pathOf = (head: LaneHead): string =>
  routeOf(head)
    .replace("{model}", head.model)
    .replace("{version}", head.version ?? "");

function leave({ admission, metrics, options: { clock } }: Door, passing: Passing): void {
  const { startedMs, settle, refusal, served, status, head } = passing;
  settle();
  if (refusal === undefined) admission.leave();
  metrics.exchange({ route: routeOf(head), served, status, latencyMs: clock.monotonicMs() - startedMs });
}
