import type { Socket } from "node:net";
import type { LaneHead } from "./lane-head.js";

/** One request of a connection, from its head to its answer. */
export interface LaneRequest {
  readonly head: LaneHead;
  /** Whether its body is of no use, since the answer is known before it. */
  readonly refused: boolean;
  /** Whether the body is there. */
  complete: boolean;
  /** Whether it is answered, or nobody waits for its answer. */
  over: boolean;
}

/** What a connection needs of the lane that it is in. */
export interface LanePorts<Request extends LaneRequest> {
  /** How long a new connection may be silent, and one that has its answers. */
  readonly firstMs: number;
  readonly idleMs: number;
  /** The head at the beginning of some bytes; undefined where the lane cannot answer what they ask. */
  readHead(bytes: Buffer): LaneHead | undefined;
  /** A request begins. */
  enter(head: LaneHead, connection: LaneConnection<Request>): Request;
  /** What answers it, as text or bytes. Never rejects. */
  serve(request: Request, body: Buffer, socket: Socket): Promise<string | Buffer>;
  /** The request has its answer, or its connection is gone. */
  leave(request: Request): void;
  /** Whether the next answer is the connection's last. */
  isLast(): boolean;
  /** The connection is another's from now on, and what it has sent. */
  handOver(socket: Socket, bytes: Buffer): void;
  /** It never said anything. */
  silent(socket: Socket): void;
  /** It is the lane's no more. */
  left(connection: LaneConnection<Request>): void;
}

const nothing = Buffer.alloc(0);
const ignored = (): void => undefined;

/**
 * A connection whose requests are inferences, one after the other. Whatever else comes goes, with the connection, to the
 * server's own parser, from the first byte that was not answered on. A class, since it holds a socket.
 */
export class LaneConnection<Request extends LaneRequest> {
  #request: Request | undefined;
  /** Of a request whose body is not complete: what of it there is. */
  #parts: Buffer[] = [];
  #missing = 0;
  /** What came behind the request under way. */
  #rest: Buffer = nothing;
  #ended = false;
  readonly #socket: Socket;
  readonly #ports: LanePorts<Request>;

  constructor(socket: Socket, ports: LanePorts<Request>) {
    this.#socket = socket;
    this.#ports = ports;
    socket.on("data", this.#read).on("end", this.#end).on("close", this.#closed).on("error", ignored);
    socket.on("timeout", this.#timeout).setTimeout(ports.firstMs);
    socket.setNoDelay(true);
  }

  get isIdle(): boolean {
    return this.#request === undefined;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Answers the request under way with these bytes, now, and closes the connection. */
  endWith(bytes: string | Buffer): void {
    this.#over();
    this.#socket.end(bytes);
  }

  readonly #read = (bytes: Buffer): void => {
    if (this.#request === undefined) this.#begin(bytes);
    else if (!this.#request.complete) this.#more(this.#request, bytes);
    else {
      this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
      this.#socket.pause();
    }
  };

  #begin(bytes: Buffer): void {
    const head = this.#ports.readHead(bytes);
    if (head === undefined) {
      this.#handOver(bytes);
      return;
    }
    this.#request = this.#ports.enter(head, this);
    this.#missing = head.bodyBytes;
    this.#more(this.#request, bytes.subarray(head.bodyAt));
  }

  #more(request: Request, bytes: Buffer): void {
    if (request.over) return;
    if (bytes.length < this.#missing) {
      this.#missing -= bytes.length;
      if (!request.refused) this.#parts.push(bytes);
      return;
    }
    const last = bytes.subarray(0, this.#missing);
    this.#rest = bytes.subarray(this.#missing);
    const body = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    request.complete = true;
    void this.#ports.serve(request, body, this.#socket).then((answer) => this.#answer(request, answer));
  }

  #answer(request: Request, bytes: string | Buffer): void {
    if (request.over) return;
    const last = this.#isLast;
    this.#over();
    if (last) this.#socket.end(bytes);
    else if (this.#socket.write(bytes)) this.#next();
    else this.#socket.once("drain", () => this.#next());
  }

  /** Whoever ended his half hears one answer more, unless he had asked for others. */
  get #isLast(): boolean {
    return this.#ports.isLast() || (this.#ended && this.#rest.length === 0);
  }

  #over(): void {
    const request = this.#request;
    if (request === undefined || request.over) return;
    request.over = true;
    this.#ports.leave(request);
  }

  #next(): void {
    if (this.#socket.destroyed) return;
    this.#request = undefined;
    this.#socket.setTimeout(this.#ports.idleMs);
    const rest = this.#rest;
    this.#rest = nothing;
    if (rest.length > 0) this.#begin(rest);
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#read).off("end", this.#end).off("close", this.#closed).off("error", ignored);
    socket.off("timeout", this.#timeout).setTimeout(0);
    this.#ports.left(this);
    this.#ports.handOver(socket, bytes);
  }

  /** The caller sends no more. */
  readonly #end = (): void => {
    this.#ended = true;
    if (this.#request === undefined) this.#socket.end();
    else if (!this.#request.complete) this.#socket.destroy();
  };

  readonly #timeout = (): void => {
    // A request has the time limit of all requests.
    if (this.#request !== undefined && !this.#request.over) return;
    if (this.#socket.bytesRead === 0) this.#ports.silent(this.#socket);
    else this.#socket.destroy();
  };

  readonly #closed = (): void => {
    this.#over();
    this.#ports.left(this);
  };
}
