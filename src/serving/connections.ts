import type { Socket } from "node:net";
import { listen, type Address } from "./listen.js";

/** Where connections come from: this process accepts them, or another one does. */
export interface Connections {
  /** Gives each to `take` from now on. */
  readonly open: (take: (socket: Socket) => void) => void;
  /** Gives no more. */
  readonly close: () => void;
}

/** Where a server's connections come from, and where it is reached; elsewhere accepted, it has no address here. */
export interface Reached {
  readonly connections: Connections;
  readonly address: string;
  readonly port: number;
}

/** Listens, unless another process does. Who comes before the connections are opened waits. Throws MW0815. */
export async function reach(where: Address, elsewhere: Connections | undefined): Promise<Reached> {
  if (elsewhere !== undefined) return { connections: elsewhere, address: "", port: 0 };
  let open: Connections["open"] = () => undefined;
  const opened = new Promise<(socket: Socket) => void>((resolve) => (open = resolve));
  const arrived = (socket: Socket) => void opened.then((take) => take(socket));
  const { close, ...reached } = await listen(where, { arrived });
  return { ...reached, connections: { open, close } };
}

/**
 * The connections that a server took. It would wait for each when it closes, and knows only those that have spoken: not
 * one on which nothing came yet, nor one whose handshake is not done.
 */
export interface TakenConnections {
  /** Takes no more, and resolves once all that were taken are closed. */
  close(): Promise<void>;
  /** Closes all that are still open. */
  cut(): void;
}

/** Gives each connection to a server. */
export function takeConnections(connections: Connections, give: (socket: Socket) => void): TakenConnections {
  const open = new Set<Socket>();
  let emptied: (() => void) | undefined;
  connections.open((socket) => {
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      if (open.size === 0) emptied?.();
    });
    give(socket);
  });
  return {
    async close() {
      connections.close();
      if (open.size > 0) await new Promise<void>((resolve) => (emptied = resolve));
    },
    cut() {
      for (const socket of open) socket.destroy();
    },
  };
}
