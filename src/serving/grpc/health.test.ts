import { once } from "node:events";
import { Client, credentials } from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import { doorOf, hostOf } from "./grpc-server.testing.js";
import { healthService } from "./protocol.js";
import { startGrpcServer } from "./server.js";

// The statuses are those of grpc/health/v1/health.proto.
const [serving, notServing] = [1, 2];

it("tells those who watch when readiness changes, and when the server closes", async () => {
  let ready = true;
  const server = await startGrpcServer(doorOf(hostOf(), { ready: () => ready }));
  onTestFinished(() => server.close());
  const client = new Client(server.url, credentials.createInsecure());
  onTestFinished(() => client.close());
  const { path, requestSerialize, responseDeserialize } = healthService.Watch;
  const watch = client.makeServerStreamRequest(
    path,
    (value: object) => requestSerialize(value),
    (bytes) => responseDeserialize(bytes) as { readonly status: number },
    { service: "" },
  );
  watch.on("error", () => undefined);
  const next = async () => ((await once(watch, "data")) as [{ readonly status: number }])[0].status;
  expect(await next()).toBe(serving);
  ready = false;
  expect(await next()).toBe(notServing);
  ready = true;
  expect(await next()).toBe(serving);
  const last = next();
  const ended = once(watch, "end");
  await server.close();
  expect(await last).toBe(notServing);
  await ended;
});
