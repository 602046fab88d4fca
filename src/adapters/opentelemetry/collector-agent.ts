import type { Agent } from "node:http";

/** Connections to the collector, which can be ended whatever waits for them. */
export interface CollectorConnections {
  /** What the exporter asks for its agent. */
  readonly agent: (protocol: string) => Promise<Agent>;
  /** Ends the connections and refuses further ones, so that nothing of a collector that hangs outlives the server. */
  end(): void;
}

export function collectorConnections(): CollectorConnections {
  const agents = new Set<Agent>();
  let ended = false;
  return Object.freeze({
    async agent(protocol: string) {
      // Loaded when it is needed, so that a product's own instrumentation of these modules comes first.
      const made =
        protocol === "https:"
          ? new (await import("node:https")).Agent({ keepAlive: true })
          : new (await import("node:http")).Agent({ keepAlive: true });
      const connect = made.createConnection.bind(made);
      made.createConnection = (...given) => {
        if (ended) throw new Error("The connections to the collector are closed.");
        return connect(...given);
      };
      agents.add(made);
      return made;
    },
    end() {
      ended = true;
      for (const agent of agents) agent.destroy();
    },
  });
}
