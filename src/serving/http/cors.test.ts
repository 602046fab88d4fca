import { describe, expect, it } from "vitest";
import { systemClock } from "../../kernel/index.js";
import { predictPath, serve } from "./http-server.testing.js";
import { flight, fixtureProject } from "./live-project.testing.js";
import { startHttpServer } from "./server.js";

// What browsers ask and need is the Fetch standard's CORS protocol, https://fetch.spec.whatwg.org/#http-cors-protocol.
const page = "https://shop.example";
const headersOf = (origin: string) => ({ origin, "content-type": "application/json" });
const preflight = {
  method: "OPTIONS",
  headers: { origin: page, "access-control-request-method": "POST" },
};

describe("pages of other origins", () => {
  it("may call where the server is told of them", async () => {
    const { server, post } = await serve({ corsOrigins: [page, "http://localhost:5173"] });
    const asked = await fetch(server.url + predictPath, preflight);
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(page);
    expect(asked.headers.get("access-control-allow-methods")).toContain("POST");
    const headers = asked.headers.get("access-control-allow-headers")?.split(", ");
    for (const name of ["content-type", "x-api-key", "authorization", "millwright-timeout-ms"])
      expect(headers).toContain(name);
    const answer = await post(predictPath, flight, headersOf(page));
    expect(answer).toMatchObject({ status: 200, body: { probability: 0.431 } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(page);
    expect(answer.headers.get("vary")).toBe("origin");
    const refused = await post(predictPath, {}, headersOf(page));
    expect(refused.status).toBe(400);
    expect(refused.headers.get("access-control-allow-origin")).toBe(page);
    expect(refused.headers.get("access-control-expose-headers")).toContain("retry-after");
  });

  it("may not call where it is told of others, or of none", async () => {
    for (const corsOrigins of [["https://other.example"], []]) {
      const { server, post } = await serve({ corsOrigins });
      const asked = await fetch(server.url + predictPath, preflight);
      expect(asked.status).toBe(405);
      expect(asked.headers.get("access-control-allow-origin")).toBeNull();
      const answer = await post(predictPath, flight, headersOf(page));
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("may all call where all may", async () => {
    const { post } = await serve({ corsOrigins: ["*"] });
    const answer = await post(predictPath, flight, headersOf(page));
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("vary")).toBeNull();
  });

  it.each(["https://shop.example/", "shop.example", "https://shop.example/path", "null", ""])(
    "are not named %j",
    async (origin) => {
      const started = startHttpServer(fixtureProject(), { clock: systemClock, corsOrigins: [origin] });
      await expect(started).rejects.toMatchObject({ code: "MW0829" });
    },
  );
});
