import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a server that a test can cut. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts the connection after so many more bytes in one direction; the next connection is whole again. */
  cutAfter(direction: "there" | "back", bytes: number): void;
  close(): Promise<void>;
}

/** Changes what comes back; keeps its length. */
export type Rewrite = (bytes: Buffer) => Buffer;

export async function tcpProxy(target: number, rewrite: Rewrite = (bytes) => bytes): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const left = { there: Infinity, back: Infinity };

  function pass(direction: "there" | "back", from: Socket, to: Socket): void {
    from.on("data", (given: Buffer) => {
      const bytes = direction === "back" ? rewrite(given) : given;
      if (bytes.length < left[direction]) {
        left[direction] -= bytes.length;
        to.write(bytes);
        return;
      }
      to.write(bytes.subarray(0, left[direction]), () => {
        from.destroy();
        to.destroy();
      });
      left[direction] = Infinity;
    });
  }

  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket);
      // A broken connection is what this is for.
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
    pass("there", near, far);
    pass("back", far, near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  return Object.freeze({
    port: (server.address() as AddressInfo).port,
    cutAfter(direction: "there" | "back", bytes: number) {
      left[direction] = bytes;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
}
