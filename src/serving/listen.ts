import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { servingErrors } from "./errors.js";

/** Where to listen. */
export interface Address {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
}

export interface Listening {
  /** The first of the host's addresses, and the port of all of them. */
  readonly address: string;
  readonly port: number;
  /** Accepts no more. */
  readonly close: () => void;
}

export interface Arrivals {
  /** Not a byte is read of a connection before somebody takes it. Default false. */
  readonly paused?: boolean;
  readonly arrived: (socket: Socket) => void;
}

/** Listens on every address that the host's name has. Throws MW0815. */
export async function listen(
  { host, port }: Address,
  { paused = false, arrived }: Arrivals,
): Promise<Listening> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  const bind = async (address: Address): Promise<AddressInfo> => {
    const server = createServer({ pauseOnConnect: paused, noDelay: true }, arrived);
    server.listen(address);
    await once(server, "listening");
    servers.push(server);
    // Only a server that listens on a path of the file system has a text here.
    return server.address() as AddressInfo;
  };
  try {
    const [first, ...others] = await lookup(host, { all: true });
    const bound = await bind({ host: first.address, port });
    for (const other of others) {
      await bind({ host: other.address, port: bound.port }).catch(ignoreAbsent);
    }
    return Object.freeze({ address: bound.address, port: bound.port, close });
  } catch (error) {
    close();
    throw servingErrors.error("MW0815", {
      expected: `to listen on ${host} port ${port}`,
      found: error instanceof Error ? error.message : String(error),
      remedy: "Choose another host or port; port 0 takes any free one.",
      details: { host, port },
      cause: error,
    });
  }
}

/** `localhost` has an address of IPv6 by name even where there is no IPv6. */
function ignoreAbsent(error: unknown): void {
  if (error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL") return;
  throw error;
}
