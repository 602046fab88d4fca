import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { listen, type Address, type Listening } from "../listen.js";
import type { Protocol, Taking, ToWorker } from "./messages.js";

interface Arrival {
  readonly id: number;
  readonly protocol: Protocol;
  readonly socket: Socket;
  /** Ends its wait. */
  readonly timer: NodeJS.Timeout;
}

/** What a worker has to do with connections. */
interface Desk {
  /** Those on their way to it. */
  readonly handed: Map<number, Arrival>;
  /** Those that it had when it last told. */
  open: number;
  /** What it takes no more. */
  readonly left: Set<Protocol>;
}

/** A connection that no worker takes for so long is closed: they are busy with something else, or cannot. */
const longestWaitMs = 10_000;
/** So many are on their way to a worker at once: as many wait for nothing if it hangs. */
const mostHanded = 64;

/**
 * Accepts connections and hands each to that of several processes which has the fewest, so that connections which stay
 * are spread evenly however many come at once.
 *
 * A connection stays open here until the process says that it took it: should the process die before, another gets it.
 * (node:cluster closes its copy only when the process answers: a connection on its way to a process that dies is never
 * answered, nor closed.)
 */
export class Reception {
  private readonly listening: Listening[] = [];
  /** The one that got no connection for longest first. */
  private readonly desks = new Map<ChildProcess, Desk>();
  private readonly waiting: Arrival[] = [];
  private count = 0;

  constructor(private readonly waitMs = longestWaitMs) {}

  /** Listens on every address that the host's name has; resolves with the port. Throws MW0815. */
  async listen(protocol: Protocol, address: Address): Promise<number> {
    const arrived = (socket: Socket) => this.arrived(protocol, socket);
    const listening = await listen(address, { paused: true, arrived });
    this.listening.push(listening);
    return listening.port;
  }

  /** The process takes connections from now on. */
  join(worker: ChildProcess): void {
    this.desks.set(worker, { handed: new Map(), open: 0, left: new Set() });
    this.pass();
  }

  /** The process took a connection that it was handed; or did not, then it takes no more of the kind. */
  answered(worker: ChildProcess, { id, taken, open }: Taking): void {
    this.counted(worker, open);
    const desk = this.desks.get(worker);
    const arrival = desk?.handed.get(id);
    // After so long it is too late.
    if (desk === undefined || arrival === undefined) return;
    desk.handed.delete(id);
    if (taken) end(arrival);
    else {
      desk.left.add(arrival.protocol);
      this.waiting.unshift(arrival);
    }
    this.pass();
  }

  /** The process has so many connections now. */
  counted(worker: ChildProcess, open: number): void {
    const desk = this.desks.get(worker);
    if (desk !== undefined) desk.open = open;
  }

  /** The process is handed no more of the kind. */
  leave(worker: ChildProcess, protocol: Protocol): void {
    this.desks.get(worker)?.left.add(protocol);
    this.pass();
  }

  /** The process is gone: what it did not take goes to others. */
  lost(worker: ChildProcess): void {
    this.waiting.unshift(...(this.desks.get(worker)?.handed.values() ?? []));
    this.desks.delete(worker);
    this.pass();
  }

  close(): void {
    for (const listening of this.listening) listening.close();
  }

  private arrived(protocol: Protocol, socket: Socket): void {
    // Unheard, one that breaks while it waits would end this process.
    socket.on("error", () => undefined);
    const arrival: Arrival = {
      ...{ id: ++this.count, protocol, socket },
      timer: setTimeout(() => this.giveUp(arrival), this.waitMs),
    };
    this.waiting.push(arrival);
    this.pass();
  }

  private giveUp(arrival: Arrival): void {
    for (const { handed } of this.desks.values()) handed.delete(arrival.id);
    const place = this.waiting.indexOf(arrival);
    if (place >= 0) this.waiting.splice(place, 1);
    // Not merely closed: the caller would not learn of it where a process has a copy.
    arrival.socket.destroySoon();
    this.pass();
  }

  private pass(): void {
    while (this.waiting.length > 0) {
      const [first] = this.waiting;
      const takers = [...this.desks].filter(([, { left }]) => !left.has(first.protocol));
      const worker = leastBusy(takers);
      // As many as may be are on their way to each.
      if (takers.length > 0 && worker === undefined) return;
      this.waiting.shift();
      // Nobody is there, and nobody knows until when: better an end than a wait.
      if (worker === undefined) end(first);
      else this.hand(worker, first);
    }
  }

  private hand(worker: ChildProcess, arrival: Arrival): void {
    const desk = this.desks.get(worker) as Desk;
    this.desks.delete(worker);
    this.desks.set(worker, desk);
    const { id, protocol, socket } = arrival;
    desk.handed.set(id, arrival);
    const message: ToWorker = { to: "worker", kind: "connection", id, protocol };
    // What cannot be sent any more comes back when the process is lost.
    worker.send(message, socket, { keepOpen: true }, () => undefined);
  }
}

/** The one with the fewest connections; undefined when it may be handed no more. */
function leastBusy(desks: readonly (readonly [ChildProcess, Desk])[]): ChildProcess | undefined {
  let fewest = Infinity;
  let found: ChildProcess | undefined;
  for (const [worker, { handed, open }] of desks) {
    if (handed.size >= mostHanded || open + handed.size >= fewest) continue;
    fewest = open + handed.size;
    found = worker;
  }
  return found;
}

function end({ timer, socket }: Arrival): void {
  clearTimeout(timer);
  socket.destroy();
}
