import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { scalingGraph } from "../../inference/tensor-graphs.testing.js";
import { manualClock, systemClock } from "../../kernel/index.js";
import { graphHost } from "../oip/graph-host.testing.js";
import { serve, type Served } from "./http-server.testing.js";
import type { HttpServerOptions } from "./options.js";

const path = "/v2/models/scale/infer";

async function serveScale(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const host = await graphHost([{ name: "scale", version: "1", graph: scalingGraph(2) }]);
  onTestFinished(() => host.close());
  return serve({ tensors: { host, server: { name: "millwright", version: "1" } }, ...options });
}

/** Rows of two numbers, which the model doubles. */
const bodyOf = (values: readonly number[]) =>
  JSON.stringify({
    inputs: [{ name: "x", datatype: "FP32", shape: [values.length / 2, 2], data: values }],
  });

/** A request as it goes over the wire. What the lane does not know sends it to the server's own parser. */
function wire(body: string, { to = path, more = "" } = {}): string {
  return `POST ${to} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
}
const forParser = "te: trailers\r\n";

interface Heard {
  readonly status: number;
  readonly head: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection that is written to, and read answer by answer. */
function talk({ server: { url } }: Served) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()).resume());
  let text = "";
  let wake = (): void => undefined;
  socket.setEncoding("latin1").on("data", (more: string) => {
    text += more;
    wake();
  });
  return {
    socket,
    closed,
    async hear(): Promise<Heard> {
      for (;;) {
        const answer = firstOf(text);
        if (answer !== undefined) {
          text = text.slice(answer.length);
          return answer.heard;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function firstOf(text: string): { readonly heard: Heard; readonly length: number } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [line, ...lines] = text.slice(0, end).split("\r\n");
  const head = new Map(lines.map((field) => [field.split(": ")[0].toLowerCase(), field.split(": ")[1]]));
  const length = end + 4 + Number(head.get("content-length") ?? 0);
  if (text.length < length) return undefined;
  return { heard: { status: Number(line.split(" ")[1]), head, body: text.slice(end + 4, length) }, length };
}

async function written(socket: Socket, bytes: string): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, "latin1", () => resolve()));
}

const dataOf = ({ body }: Heard) =>
  (JSON.parse(body) as { readonly outputs: readonly { readonly data: readonly number[] }[] }).outputs[0].data;

/** What depends on the parser's taste or on the moment. */
const withoutTime = ({ status, head, body }: Heard) => ({
  ...{ status, body },
  head: Object.fromEntries([...head].filter(([name]) => name !== "date")),
});

describe("the lane for inferences", () => {
  const asked: readonly (readonly [string, number, string, string?, string?])[] = [
    ["numbers", 200, bodyOf([1, 2])],
    ["a named version", 200, bodyOf([3, 4]), "/v2/models/scale/versions/1/infer"],
    [
      "binary outputs",
      200,
      bodyOf([1, 0]).replace('"inputs"', '"parameters":{"binary_data_output":true},"inputs"'),
    ],
    ["an answer that is compressed", 200, bodyOf(Array(4000).fill(0.1)), path, "accept-encoding: gzip\r\n"],
    ["no JSON", 400, "{"],
    ["an empty body", 400, ""],
    ["an input that the model has not", 400, bodyOf([1, 0]).replace('"x"', '"y"')],
    ["no such model", 404, bodyOf([1, 0]), "/v2/models/scales/infer"],
    ["no such version", 404, bodyOf([1, 0]), "/v2/models/scale/versions/7/infer"],
    [
      "a header that does not fit the body",
      400,
      bodyOf([1, 0]),
      path,
      "inference-header-content-length: 9999\r\n",
    ],
  ];

  const cases = asked.map(([what, status, body, to = path, more = ""]) => ({ what, status, body, to, more }));

  it.each(cases)("answers as the server's own parser and router do: $what", async (one) => {
    const { status, body, to, more } = one;
    const served = await serveScale();
    const { socket, hear } = talk(served);
    await written(socket, wire(body, { to, more }));
    const inLane = await hear();
    await written(socket, wire(body, { to, more: more + forParser }));
    expect(inLane.status).toBe(status);
    expect(withoutTime(inLane)).toEqual(withoutTime(await hear()));
  });

  it("answers requests that came at once in their order, whichever parser reads them", async () => {
    const { socket, hear } = talk(await serveScale());
    const health = "GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n";
    await written(
      socket,
      [wire(bodyOf([1, 0])), wire(bodyOf([2, 0])), health, wire(bodyOf([3, 4]))].join(""),
    );
    expect(dataOf(await hear())).toEqual([2, 0]);
    expect(dataOf(await hear())).toEqual([4, 0]);
    expect((await hear()).body).toBe('{"live":true}');
    expect(dataOf(await hear())).toEqual([6, 8]);
  });

  it("takes a body that comes in pieces, and a head that does", async () => {
    const { socket, hear } = talk(await serveScale());
    socket.setNoDelay(true);
    const request = wire(bodyOf([1, 2, 3, 4]));
    for (const at of [request.indexOf("\r\n\r\n") + 4, request.length - 3, 10]) {
      await written(socket, request.slice(0, at));
      await new Promise<void>((resolve) => setImmediate(resolve));
      await written(socket, request.slice(at));
      expect(dataOf(await hear())).toEqual([2, 4, 6, 8]);
    }
  });

  it.each([
    ["two lengths", "content-length: 1\r\n"],
    ["a length and chunks", "transfer-encoding: chunked\r\n"],
    ["a space before the colon", "transfer-encoding : chunked\r\n"],
    ["a folded line", " folded: x\r\n"],
    ["a bare carriage return", "a: b\rc: d\r\n"],
  ])("leaves to the server's parser what can be read in two ways: %s", async (_what, more) => {
    const { socket, hear, closed } = talk(await serveScale());
    await written(socket, wire(bodyOf([1, 0]), { more }));
    expect((await hear()).status).toBe(400);
    await closed;
  });

  it("counts what it answers under the names of all routes", async () => {
    const served = await serveScale();
    const { socket, hear } = talk(served);
    await written(socket, wire(bodyOf([1, 0])) + wire("{"));
    await hear();
    expect((await hear()).head.get("millwright-code")).toBe("MW0817");
    const { text } = await served.get("/metrics");
    const label = 'route="/v2/models/{model}/infer"';
    expect(text).toContain(`millwright_http_responses_total{${label},status="200"} 1`);
    expect(text).toContain(`millwright_http_responses_total{${label},status="400"} 1`);
    expect(text).toContain(
      `millwright_http_request_duration_seconds_count{${label},model="scale",version="1"} 1`,
    );
    expect(text).toContain('millwright_inference_seconds_bucket{le="+Inf",model="scale",version="1"} 1');
    expect(text).toContain('millwright_errors_total{code="MW0817"} 1');
    expect(text).toContain("millwright_in_flight_requests 0");
  });

  it("refuses when the server is full, and keeps the connection", async () => {
    const served = await serveScale({ maxInFlight: 1 });
    const [first, second] = [talk(served), talk(served)];
    const request = wire(bodyOf([1, 0]));
    await written(first.socket, request.slice(0, -1));
    await new Promise<void>((resolve) => setImmediate(resolve));
    await written(second.socket, request);
    const refusal = await second.hear();
    expect([refusal.status, refusal.head.get("millwright-code"), refusal.head.get("retry-after")]).toEqual([
      ...[503, "MW0807", "1"],
    ]);
    await written(first.socket, request.slice(-1));
    expect(dataOf(await first.hear())).toEqual([2, 0]);
    await written(second.socket, request);
    expect(dataOf(await second.hear())).toEqual([2, 0]);
  });

  it("ends a request whose body does not come in time", async () => {
    const { socket, hear, closed } = talk(await serveScale({ requestTimeoutMs: 50 }));
    await written(socket, wire(bodyOf([1, 0])).slice(0, -1));
    const answer = await hear();
    expect([answer.head.get("millwright-code"), answer.head.get("connection")]).toEqual(["MW0810", "close"]);
    await closed;
  });

  it("answers whoever ends his half, and closes", async () => {
    const { socket, hear, closed } = talk(await serveScale());
    socket.end(wire(bodyOf([4, 1])));
    expect(dataOf(await hear())).toEqual([8, 2]);
    await closed;
  });

  it("closes idle connections when the server closes", async () => {
    const served = await serveScale({ clock: systemClock });
    const { socket, hear, closed } = talk(served);
    await written(socket, wire(bodyOf([1, 0])));
    await hear();
    await served.server.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  it("dates its answers", async () => {
    const { socket, hear } = talk(await serveScale({ clock: manualClock(784_111_777_000) }));
    await written(socket, wire(bodyOf([1, 0])));
    // The example of RFC 9110, 5.6.7, of which the clock shows the moment.
    expect((await hear()).head.get("date")).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });
});
