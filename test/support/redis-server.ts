import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { requireProgram } from "../require-program.js";

/** The path of redis-server; undefined where it is missing, and the tests that need it are skipped by name. */
export const redisProgram = requireProgram("redis-server", "apt-get install redis-server");

/** A real Redis on a port of its own, with its files in a temporary folder. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Resolves when it takes calls. A second start is the same server after its death. */
  start(): Promise<void>;
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: the machine keeps the sockets open, and nobody answers. */
  pause(): void;
  resume(): void;
  /** Kills it and removes its files. */
  remove(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Prepares a server; `durable` keeps every write in its append-only file, as a feature store needs it. */
export async function redisServer({ durable = false } = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "millwright-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
    const log = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    const started = spawn(redisProgram as string, [...options, ...log], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = started;
    const lines: string[] = [];
    for await (const line of createInterface({ input: started.stdout })) {
      lines.push(line);
      if (line.includes("Ready to accept connections")) {
        // Nobody reads on, so it must not be kept from writing.
        started.stdout.resume();
        return;
      }
    }
    throw new Error(`redis-server ended: ${lines.join("\n")}`);
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  return Object.freeze({
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}
