import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identityGraph } from "../../src/inference/tensor-graphs.testing.js";
import { runJson, start, startCommand } from "../support/command.js";
import { clientPython, hasClientPython, installMs } from "../support/inference-clients.js";
import { redisProgram, redisServer, type RedisServer } from "../support/redis-server.js";
import { listening, type Server } from "../support/server.js";
import { defaultTrips, edited, tripsConfig, tripsCsv } from "../support/trips.js";

/** docs/serving.md: every block of it is run as it stands, but for addresses, against one server. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const jiti = join(root, "node_modules/jiti/lib/jiti-cli.mjs");
const page = await readFile(join(root, "docs/serving.md"), "utf8");

interface Block {
  readonly language: string;
  readonly code: string;
}
const blocks: readonly Block[] = [...page.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, code]) => ({
  language,
  code,
}));
const taken = new Set<Block>();

/** The only block of a language that holds a text; each belongs to one test. */
function block(language: string, holds: string): string {
  const found = blocks.filter((one) => one.language === language && one.code.includes(holds));
  expect([holds, found.length]).toEqual([holds, 1]);
  taken.add(found[0]);
  return found[0].code;
}

/** The words of a command as a shell would read them. */
const words = (command: string): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare,
  );

/** What the page needs beside its options: the trips of the other tests, and a simpler model of them. */
const simpleModel = `
const simpleTrip = model("simple-trip", {
  task: "binary", label: (f) => f.delay.gt(5), matureAfter: "1d", spine: trips.at("at"),
  features: { request: { at: t.timestamp(), distance: t.int().between(1, 500) } },
  split: byTime({ trainShare: 0.7 }), trainer: gbdt({ trees: 3, leaves: 4 }), gates: [atLeast("auc", 0.01)],
});
`;

function configWith(redisUrl: string): string {
  const options = block("ts", "cacheStore").replace(/redis:\/\/[\d.:]+/, redisUrl);
  const [definitions] = tripsConfig.split("export default");
  const imported = edited(definitions, "rate, t, view,", "rate, redis, t, view,");
  return `${imported}${simpleModel}${options}`;
}

describe.skipIf(redisProgram === undefined)("docs/serving.md", () => {
  let redis: RedisServer;
  let folder = "";
  let server: Server;
  /** Of a key with the scope `manage`. */
  let key = "";

  beforeAll(async () => {
    redis = await redisServer();
    await redis.start();
    // Inside the package, so that "millwright" means this package as it would in a project that installed it.
    folder = await mkdtemp(join(root, ".tmp-docs-"));
    await writeFile(join(folder, "millwright.config.ts"), configWith(redis.url));
    await writeFile(join(folder, "trips.csv"), tripsCsv(defaultTrips));
    await writeFile(join(folder, "sentiment.onnx"), identityGraph(["rows", 4]));
    for (const name of ["late-trip", "simple-trip"]) await runJson(folder, ["train", name]);
    await runJson(folder, ["models", "import", "sentiment.onnx"]);
    const [, , ...create] = words(block("sh", "keys create"));
    key = (await runJson<{ readonly key: string }>(folder, create)).key;
    const [, , ...serve] = words(block("sh", "millwright serve"));
    const ports = serve.map((word) => (/^80\d\d$/.test(word) ? "0" : word));
    expect(ports.filter((word) => word === "0")).toHaveLength(2);
    server = await listening(folder, startCommand(folder, ...ports, "--json", "--quiet"));
  });
  afterAll(async () => {
    // Where it did not start its error is told.
    (server as Server | undefined)?.running.child.kill("SIGKILL");
    await redis.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const address = () => server.url.replace("http://", "");

  /** Sends what a line of curl says and gives the body of the answer. */
  async function curl(command: string): Promise<string> {
    const [program, ...args] = words(command.replaceAll("\\\n", "").replaceAll("$KEY", key));
    expect(program).toBe("curl");
    let url = "";
    let body: string | undefined;
    let method: string | undefined;
    const headers: [string, string][] = [];
    for (let i = 0; i < args.length; i++) {
      if (args[i] === "-H") headers.push(args[++i].split(/: */, 2) as [string, string]);
      else if (args[i] === "-d") body = args[++i];
      else if (args[i] === "-X") method = args[++i];
      else if (args[i] !== "-s") url = args[i].replace("localhost:8080", server.url);
    }
    method ??= body === undefined ? "GET" : "POST";
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return answer.text();
  }

  /** Runs the commands of a block; each is followed by a comment with its answer, where … stands for anything. */
  async function expectAnswers(code: string): Promise<void> {
    const exchanges = code.trim().split(/\n\n/);
    for (const exchange of exchanges) {
      const [, command, stated] = /^(.*)\n# (.*)$/s.exec(exchange) ?? [];
      const pattern = stated.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*?");
      expect(await curl(command)).toMatch(new RegExp(`^${pattern}$`, "s"));
    }
  }

  test("the typed API answers one request and many, takes events and describes itself", async () => {
    await expectAnswers(block("sh", "/predict"));
    await expectAnswers(block("sh", "/v1/events/"));
  });

  test("the typed client predicts and labels", async () => {
    const script = block("ts", "createClient").replace("http://127.0.0.1:8080", server.url);
    await writeFile(join(folder, "product.ts"), `${script}\nconsole.log(probability, fallback);\n`);
    const { stdout, stderr } = await start(process.execPath, [jiti, "product.ts"], folder).ended;
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^0\.\d+ undefined\n$/), ""]);
  });

  test("the Open Inference Protocol answers curl, and the second time from the cache", async () => {
    const question = block("sh", "/v2/models/sentiment/infer");
    await expectAnswers(question);
    expect(await curl(question.split("\n#")[0])).toContain('"millwright_origin":"cache"');
  });

  test.skipIf(!hasClientPython)(
    "and Triton's client",
    async () => {
      const script = block("python", "tritonclient").replace("localhost:8080", address());
      const { stdout, stderr } = await start((await clientPython()) as string, ["-c", script], folder).ended;
      expect([stdout, stderr]).toEqual([
        expect.stringMatching(/^\[0\.\d+\] \[b?'p-[0-9a-f]{12}-\d+'\]\n$/),
        "",
      ]);
    },
    installMs,
  );

  test("a version is loaded by whoever may manage", async () => {
    await expectAnswers(block("sh", "/load"));
    const refused = await server.post<{ readonly error: string }>("/v2/repository/models/late-trip/load", "");
    expect([refused.status, refused.body.error]).toEqual([401, expect.stringContaining("MW1601")]);
  });

  test("in process, when the server is stopped: one live state, one process", async () => {
    const script = `${block("ts", "hostModels")}\nconsole.log(probability, outputs.y.data, origin.kind);\n`;
    await writeFile(join(folder, "embedded.ts"), script);
    expect((await start(process.execPath, [jiti, "embedded.ts"], folder).ended).stderr).toContain("MW1005");
    expect((await server.stop()).code).toBe(0);
    const { stdout, stderr } = await start(process.execPath, [jiti, "embedded.ts"], folder).ended;
    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/^0\.\d+ Float32Array\(4\) \[ 1, 2, 3, 4 \] \w+\n$/),
      "",
    ]);
    // Two over /v1, one by the typed client, one by Triton's, and this one.
    const predictions = hasClientPython ? 5 : 4;
    const verified = await runJson(folder, ["features", "verify", "late-trip"]);
    expect(verified).toMatchObject({ predictions, mismatches: 0 });
  });

  test("no block of the page is left out", () => {
    const left = blocks.filter((one) => !taken.has(one) && !(one.language === "python" && !hasClientPython));
    expect(left).toEqual([]);
  });
});
