import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/kernel/index.js";
import { fixtureProject } from "../../src/serving/http/live-project.testing.js";
import { startHttpServer, type HttpServer } from "../../src/serving/http/server.js";
import { requireProgram } from "../require-program.js";

/** The client as it is published, in a page of another origin than the server's. */

const executable = requireProgram("chromium", "apt-get install chromium");
const quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"];
const sources = join(import.meta.dirname, "../../src/client");

/** Serves an empty page, and the client's modules as the compiler writes them: each by itself, nothing bundled. */
function servePage(): Server {
  return createServer((request, response) => {
    const name = basename(request.url ?? "");
    if (!name.endsWith(".js")) {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>shop</title>");
      return;
    }
    const source = readFileSync(join(sources, name.replace(/\.js$/, ".ts")), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    });
    response.writeHead(200, { "content-type": "text/javascript" }).end(outputText);
  }).listen(0, "127.0.0.1");
}

const useClient = `async (url) => {
  const { createClient } = await import("/client/index.js");
  const client = createClient({ url, headers: { "x-api-key": "mw_none" } });
  const flight = { origin: "JFK", distance: 2586, date: new Date("2001-06-01T10:00:00Z") };
  const one = await client.predict("arrival-delay", flight, { priority: 2, timeoutMs: 5000 });
  const many = await client.predictMany("arrival-delay", [flight, { ...flight, distance: 0 }]);
  await client.feedback(one.id, true);
  const refused = await client.predict("arival-delay", flight).catch((error) => error);
  return {
    probability: one.probability,
    many: many.map(({ ok }) => ok),
    refused: { code: refused.code, status: refused.status, remedy: refused.remedy },
    ready: await client.ready(),
  };
}`;

const callPlainly = `async (url) => fetch(url + "/health/ready").then(() => "read", (error) => error.name)`;

describe.skipIf(executable === undefined)("the client in a browser", () => {
  let browser: Browser;
  let site: Server;
  let page: string;

  beforeAll(async () => {
    site = servePage();
    await once(site, "listening");
    page = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: executable ?? "", args: quiet });
  });
  afterAll(async () => {
    await browser.close();
    site.closeAllConnections();
    site.close();
  });

  async function inPage(server: HttpServer, script: string): Promise<unknown> {
    const tab = await browser.newPage();
    onTestFinished(() => tab.close());
    await tab.goto(page);
    return tab.evaluate(`(${script})(${JSON.stringify(server.url)})`);
  }

  const serve = async (corsOrigins: readonly string[]) => {
    const log = { info: () => undefined, error: () => undefined };
    const server = await startHttpServer(fixtureProject(), { clock: systemClock, log, corsOrigins });
    onTestFinished(() => server.close());
    return server;
  };

  test("predicts, labels and shows the server's errors from a page that may call", async () => {
    // The fixture's probability is distance / 6000.
    expect(await inPage(await serve([page]), useClient)).toEqual({
      probability: 0.431,
      many: [true, false],
      refused: { code: "MW0814", status: 404, remedy: 'Did you mean "arrival-delay"?' },
      ready: { ready: true, reasons: [] },
    });
  });

  test("is kept from a server that does not name its page", async () => {
    expect(await inPage(await serve(["https://shop.example"]), callPlainly)).toBe("TypeError");
    expect(await inPage(await serve(["*"]), callPlainly)).toBe("read");
  });
});
