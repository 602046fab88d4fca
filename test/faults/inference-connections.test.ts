import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { runJson, startCommand, type Running } from "../support/command.js";
import { ask, floatsBody, numbersOf, until } from "../support/inference-server.js";
import { temporaryFolders } from "../support/trips.js";

/** As many as the issue asks for, or as this process may have open. */
const allowed = Number(execFileSync("bash", ["-c", "ulimit -n"], { encoding: "utf8" }));
const wanted = Math.min(10_000, (Number.isNaN(allowed) ? 10_000 : allowed) - 500);

const folders = temporaryFolders();
let running: Running | undefined;
afterAll(async () => {
  running?.child.kill("SIGKILL");
  await folders.removeAll();
});

const config = `
import { defineProject } from "millwright";
export default defineProject({ name: "tensors", models: [] });
`;

function opened(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectTcp(Number(port), hostname, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Whether the answer to a request over this connection is right. */
function asked(socket: Socket, request: string, right: (text: string) => boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!text.startsWith("HTTP/1.1 200")) reject(new Error(text));
      if (!right(text)) return;
      socket.off("data", read);
      resolve(true);
    };
    socket.on("data", read);
    socket.once("close", () => reject(new Error(`closed after: ${text.slice(0, 200)}`)));
    socket.write(request);
  });
}

test(
  `${wanted} connections: each is answered while all are open, memory stays bounded, and all go`,
  { timeout: 120_000 },
  async () => {
    const folder = await folders.make({ "millwright.config.ts": config });
    writeFileSync(join(folder, "scale.onnx"), scalingGraph(2));
    await runJson(folder, ["models", "import", "scale.onnx"]);
    running = startCommand(folder, "serve", "--port", "0", "--json", "--quiet", "--model", "scale@1");
    const { url } = JSON.parse(await running.firstLine) as { readonly url: string };
    const open = () => readdirSync(`/proc/${running?.child.pid ?? 0}/fd`).length;
    const before = open();

    const sockets: Socket[] = [];
    const live = "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    for (let from = 0; from < wanted; from += 250) {
      const wave = await Promise.all(Array.from({ length: Math.min(250, wanted - from) }, () => opened(url)));
      sockets.push(...wave);
      await Promise.all(wave.map((socket) => asked(socket, live, (text) => text.endsWith('{"live":true}'))));
    }
    expect(open() - before).toBeGreaterThanOrEqual(wanted);

    const json = JSON.stringify(floatsBody("x", [1, 2], [3, 4]));
    const infer = `POST /v2/models/scale/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${json.length}\r\n\r\n${json}`;
    const some = sockets.filter((_, i) => i % 10 === 0);
    for (let from = 0; from < some.length; from += 50) {
      const answers = some
        .slice(from, from + 50)
        .map((socket) =>
          asked(socket, infer, (text) => text.includes('"data":[6,8]') && text.endsWith("]}")),
        );
      await Promise.all(answers);
    }
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const resident = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
    // 100 KB a connection, over what a server needs without any.
    expect(resident).toBeLessThan(400e6 + 1e5 * wanted);

    for (const socket of sockets) socket.destroy();
    await until(() => open() - before < 20);
    expect(numbersOf(await ask(`${url}/v2/models/scale/infer`, JSON.parse(json)), "y")).toEqual([6, 8]);
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  },
);
