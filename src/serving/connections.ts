import type { Socket } from "node:net";

/** Connections that another process accepted, for a server that does not listen itself. */
export interface Connections {
  /** Gives each to `take` from now on. */
  open(take: (socket: Socket) => void): void;
  /** Gives no more. */
  close(): void;
}

/** The connections that a server took: those that it did not accept itself it does not count when it closes. */
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
