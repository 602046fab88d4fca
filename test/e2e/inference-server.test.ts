import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, Metadata } from "@grpc/grpc-js";
import { SignJWT } from "jose";
import { Agent, fetch as fetchWith } from "undici";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { createKey, revokeKey } from "../../src/lifecycle/index.js";
import { floatOutputs, PlainClient } from "../../src/serving/grpc/grpc-server.testing.js";
import { requireProgram } from "../require-program.js";
import {
  ask,
  floatsBody,
  floatsCall,
  numbersOf,
  serveInference,
  until,
  type InferenceServer,
} from "../support/inference-server.js";

/** The inference server as it is wired: both protocols, access, limits, the audit trail and TLS. y = 2x, sum = all of y. */

const secret = "0123456789abcdef0123456789abcdef";
const graphs = ["scale", "other"].map((name) => ({ name, graph: scalingGraph(2) }));
const body = (rows: number) => floatsBody("x", [rows, 2], Array<number>(2 * rows).fill(1));
const call = (model: string, rows = 1) =>
  floatsCall(model, ["x", [rows, 2]], Array<number>(2 * rows).fill(1));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

describe("access over HTTP and gRPC", () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await serveInference(graphs, {
      serving: {
        access: {
          jwt: { keys: [{ secret }], audience: "millwright", issuer: "tests" },
          limits: { caller: { perSecond: 0.001, burst: 20 } },
          audit: true,
        },
      },
    });
  });
  afterAll(() => server.close());

  const token = ({
    scope = "predict:scale read",
    key = secret,
    expires = "1h",
    audience = "millwright",
    subject = "ann",
  } = {}) =>
    new SignJWT({ scope })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(subject)
      .setIssuer("tests")
      .setAudience(audience)
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(key));

  /** Status and code over both protocols. */
  async function both(headers: Readonly<Record<string, string>>, model = "scale", rows = 1) {
    const http = await ask(`${server.url}/v2/models/${model}/infer`, body(rows), { headers });
    const grpc = await server
      .client()
      .call("ModelInfer", call(model, rows), { metadata: metadataOf(headers) });
    return {
      http: [http.status, http.code],
      grpc: "answer" in grpc ? ["answered"] : [grpc.status, grpc.code],
    };
  }

  test.each([
    ["none", async () => ({}), 401, 16, "MW1601"],
    [
      "forged",
      async () => bearer(await token({ key: "another secret of thirty-two bytes!" })),
      401,
      16,
      "MW1606",
    ],
    ["expired", async () => bearer(await token({ expires: "-1h" })), 401, 16, "MW1607"],
    ["for another audience", async () => bearer(await token({ audience: "others" })), 401, 16, "MW1609"],
    ["without the verb", async () => bearer(await token({ scope: "read" })), 403, 7, "MW1610"],
    ["for another model", async () => bearer(await token({ scope: "predict:other" })), 403, 7, "MW1611"],
    ["no token at all", async () => bearer("a.b"), 401, 16, "MW1606"],
  ] as const)("a token %s is refused alike", async (_name, headers, http, grpc, code) => {
    expect(await both(await headers())).toEqual({ http: [http, code], grpc: [grpc, code] });
  });

  test("a good one is served, for its model alone, and rows are counted over both protocols together", async () => {
    const headers = bearer(await token());
    expect(await both(headers, "scale", 5)).toEqual({ http: [200, null], grpc: ["answered"] });
    expect((await both(headers, "other")).http).toEqual([403, "MW1611"]);
    // 10 of 20 rows are taken; 11 are too many for either door, and 21 for ever.
    expect(await both(headers, "scale", 11)).toEqual({ http: [429, "MW1612"], grpc: [8, "MW1612"] });
    expect(await both(headers, "scale", 21)).toEqual({ http: [413, "MW1613"], grpc: [8, "MW1613"] });
    expect(await both(headers, "scale", 5)).toEqual({ http: [200, null], grpc: ["answered"] });
    expect((await both(headers, "scale", 1)).grpc).toEqual([8, "MW1612"]);
  });

  test("a key that is revoked while serving is refused from then on", async () => {
    const scopes = ["predict:scale"];
    const { key, record } = await createKey(server.project, { name: "shop", scopes, validMs: null });
    expect(await both({ "x-api-key": key })).toEqual({ http: [200, null], grpc: ["answered"] });
    await revokeKey(server.project, record.id);
    await until(async () => (await both({ "x-api-key": key })).http[0] === 401);
    expect(await both({ "x-api-key": key })).toEqual({ http: [401, "MW1604"], grpc: [16, "MW1604"] });
  });

  test("health asks for no credentials, everything else does", async () => {
    for (const path of ["/v2/health/live", "/v2/health/ready", "/health/live", "/health/ready"])
      expect((await ask(server.url + path)).status).toBe(200);
    for (const path of [
      "/v2/models/scale",
      "/v2/models/scale/ready",
      "/metrics",
      "/openapi.json",
      "/v1/models",
    ])
      expect((await ask(server.url + path)).status).toBe(401);
    const client = server.client();
    expect(await client.call("ServerReady", {})).toEqual({ answer: { ready: true } });
    expect(await client.call("ModelReady", { name: "scale" })).toMatchObject({ status: 16 });
    expect(await client.call("RepositoryModelUnload", { model_name: "scale" })).toMatchObject({ status: 16 });
  });

  test("who asked for what is in the audit trail, whatever became of it and over whichever protocol", async () => {
    const headers = bearer(await token({ subject: "eve", scope: "predict manage" }));
    await both(headers, "scale", 2);
    await both(headers, "nobody", 2);
    await server
      .client()
      .call(
        "RepositoryModelLoad",
        { model_name: "scale", parameters: { version: { string_param: "1" } } },
        { metadata: metadataOf(headers) },
      );
    const file = join(server.folder, ".millwright/live/default/access/0000000000000001.log");
    const lines = () =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.includes("eve"));
    await until(() => lines().length >= 5);
    const entries = lines().map(
      (line) => JSON.parse(line.slice(line.indexOf("{"))) as Readonly<Record<string, unknown>>,
    );
    const found = entries.map(
      ({ verb, model, status }) => `${String(verb)} ${String(model)} ${String(status)}`,
    );
    expect(found.sort()).toEqual([
      "manage scale 200",
      ...["predict nobody 404", "predict nobody 404"],
      ...["predict scale 200", "predict scale 200"],
    ]);
  });
});

const openssl = requireProgram("openssl", "apt-get install openssl");

describe.skipIf(openssl === undefined)("TLS", () => {
  test("both protocols speak it with the certificate that they are given, and nothing else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millwright-tls-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    execFileSync(
      openssl as string,
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
        ...["-keyout", keyFile, "-out", certFile],
      ],
      { stdio: "ignore" },
    );
    const [key, cert] = [readFileSync(keyFile, "utf8"), readFileSync(certFile, "utf8")];
    const server = await serveInference(graphs, { http: { tls: { key, cert } } });
    onTestFinished(() => server.close());
    expect(server.url).toMatch(/^https:/);

    const trusting = new Agent({ connect: { ca: cert } });
    onTestFinished(() => trusting.close());
    const answer = await fetchWith(`${server.url}/v2/models/scale/infer`, {
      ...{ method: "POST", dispatcher: trusting, body: JSON.stringify(body(1)) },
    });
    expect([answer.status, ((await answer.json()) as { readonly model_name: string }).model_name]).toEqual([
      200,
      "scale",
    ]);
    await expect(fetch(`${server.url}/v2/health/live`)).rejects.toThrow();
    await expect(fetch(`${server.url.replace("https", "http")}/v2/health/live`)).rejects.toThrow();

    const client = new PlainClient(server.grpcUrl, credentials.createSsl(Buffer.from(cert)));
    onTestFinished(() => client.close());
    const outcome = await client.call("ModelInfer", call("scale"));
    expect("answer" in outcome && floatOutputs(outcome.answer).y).toEqual([2, 2]);
    const plain = await server.client().call("ModelInfer", call("scale"));
    expect(plain).toMatchObject({ status: 14 });
  });
});

test("metrics count what was inferred over both protocols", async () => {
  const server = await serveInference(graphs);
  onTestFinished(() => server.close());
  const answer = await ask(`${server.url}/v2/models/scale/infer`, body(3));
  expect(numbersOf(answer, "sum")).toEqual([12]);
  await server.client().call("ModelInfer", call("scale", 2));
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('nv_inference_count{model="scale",version="1"} 5');
  expect(metrics).toContain('nv_inference_request_success{model="scale",version="1"} 2');
  expect(metrics).toContain('millwright_inference_seconds_count{model="scale",version="1"} 2');
});
