import fc from "fast-check";
import { expect, it } from "vitest";
import { predictPath, serve } from "./http-server.testing.js";

const paths = fc.constantFrom(
  predictPath,
  "/v1/feedback",
  "/v1/events/flights",
  "/v1/models/x/predict",
  "/v1",
);
const types = fc.constantFrom(
  "application/json",
  "application/x-ndjson",
  "text/plain",
  "application/json;charset=",
);
const nearlyRight = fc.record(
  {
    origin: fc.oneof(fc.string(), fc.jsonValue()),
    distance: fc.oneof(fc.double(), fc.integer(), fc.jsonValue()),
    date: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.jsonValue(),
    ),
    id: fc.string(),
    label: fc.jsonValue(),
    rows: fc.array(fc.jsonValue()),
    items: fc.array(fc.jsonValue()),
    events: fc.array(fc.jsonValue()),
    ["__proto__"]: fc.jsonValue(),
    constructor: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const bodies = fc.oneof(
  fc.string({ unit: "binary" }).filter((text) => text.length > 0),
  fc.json(),
  nearlyRight.map((value) => JSON.stringify(value)),
  fc.array(fc.json()).map((lines) => lines.join("\n") || "{}"),
);

it("answers any body with 2xx, or 4xx and a coded error", async () => {
  const { post, log } = await serve();
  await fc.assert(
    fc.asyncProperty(paths, types, bodies, async (path, type, text) => {
      const { status, body } = await post(path, text, { "content-type": type });
      if (status === 200) {
        expect(body).toBeTypeOf("object");
        return;
      }
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(body).toMatchObject({ error: { code: expect.stringMatching(/^MW(08|99)\d\d$/) as string } });
    }),
    { numRuns: 400, seed: 8 },
  );
  expect(log).toEqual([]);
});
