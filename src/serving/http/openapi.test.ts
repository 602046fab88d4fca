import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { stepStream } from "../../inference/index.js";
import { stepGraph } from "../../inference/stream/step-graphs.testing.js";
import { scalingGraph } from "../../inference/tensor-graphs.testing.js";
import { compileRecord, t, type Schema } from "../../kernel/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import { graphHost } from "../oip/graph-host.testing.js";
import { serve } from "./http-server.testing.js";
import { recordSchema, type FieldSchema } from "./record-schema.js";

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** Every object in a document, with its path. */
function* nodes(value: unknown, path = "#"): Generator<readonly [string, Node]> {
  if (!isNode(value)) return;
  yield [path, value];
  for (const [key, child] of Object.entries(value)) yield* nodes(child, `${path}/${key}`);
}

const resolve = (document: Node, pointer: string): unknown =>
  pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), document);

async function fetchDocument(): Promise<Node> {
  const { get } = await serve();
  const { status, body } = await get("/openapi.json");
  expect(status).toBe(200);
  return body as Node;
}

// The rules are those of the OpenAPI 3.1.0 specification, section 4.8, and of JSON Schema 2020-12.
describe("the OpenAPI document", () => {
  it("has the required fields of its root and info", async () => {
    const { openapi, info, paths, components } = await fetchDocument();
    expect(openapi).toBe("3.1.0");
    expect(info).toMatchObject({ title: "flights", version: expect.any(String) as string });
    expect(Object.keys(paths as Node)).toContain("/v1/models/arrival-delay/predict");
    const names = Object.values(components as Record<string, Node>).flatMap((group) => Object.keys(group));
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
  });

  it("resolves every $ref, and uses every component", async () => {
    const document = await fetchDocument();
    const refs = [...nodes(document)].flatMap(([, node]) =>
      typeof node.$ref === "string" ? [node.$ref] : [],
    );
    expect(refs.length).toBeGreaterThan(20);
    expect(refs.filter((ref) => !isNode(resolve(document, ref)))).toEqual([]);
    const components = Object.entries(document.components as Record<string, Node>);
    const declared = components.flatMap(([kind, group]) =>
      Object.keys(group).map((name) => `#/components/${kind}/${name}`),
    );
    expect(declared.filter((pointer) => !refs.includes(pointer))).toEqual([]);
  });

  it("has well-formed operations: unique ids, described responses, declared path parameters", async () => {
    const paths = (await fetchDocument()).paths as Record<string, Record<string, Node>>;
    const ids: unknown[] = [];
    for (const [path, item] of Object.entries(paths)) {
      expect(path).toMatch(/^\//);
      for (const [method, operation] of Object.entries(item)) {
        expect(["get", "post"]).toContain(method);
        ids.push(operation.operationId);
        const declared = ((operation.parameters ?? []) as Node[]).flatMap((parameter) => {
          if (parameter.in === "header") expect(parameter).toMatchObject({ required: false, schema: {} });
          else expect(parameter).toMatchObject({ in: "path", required: true, schema: {} });
          return parameter.in === "path" ? [parameter.name] : [];
        });
        expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
        if (method === "post") expect(operation.requestBody).toMatchObject({ required: true, content: {} });
        for (const [status, response] of Object.entries(operation.responses as Record<string, Node>)) {
          expect(status).toMatch(/^[2-5]\d\d$/);
          expect(response.$ref ?? response.description).toBeTypeOf("string");
        }
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has well-formed schemas: known types, required members that exist", async () => {
    const known = ["array", "boolean", "integer", "null", "number", "object", "string"];
    const schemas = [...nodes(await fetchDocument())].filter(
      ([path]) => !/\/(properties|details)$/.test(path) && !path.includes("/examples/"),
    );
    const wrong = schemas.filter(([, { type, required, properties }]) => {
      const types = (type === undefined ? [] : [type].flat()) as string[];
      const names = (Array.isArray(required) ? required : []) as string[];
      return (
        types.some((name) => !known.includes(name)) || names.some((name) => !(name in (properties as Node)))
      );
    });
    expect(wrong).toEqual([]);
    expect(schemas.length).toBeGreaterThan(100);
  });

  it("describes the request of a model exactly", async () => {
    const document = await fetchDocument();
    // Written by hand from the fixture's schema; epoch milliseconds from `date -u -d 2001-01-01 +%s`.
    expect(resolve(document, "#/components/schemas/request.arrival-delay")).toEqual({
      type: "object",
      properties: {
        origin: { type: "string" },
        carrier: { type: ["string", "null"], enum: ["AA", "DL", null] },
        distance: { type: "integer", minimum: 1, maximum: 6000 },
        load: { type: ["number", "null"], minimum: 0, maximum: 1 },
        charter: { type: ["boolean", "null"] },
        date: {
          type: ["string", "integer"],
          format: "date-time",
          description: "ISO 8601, UTC when it names no offset, or epoch milliseconds",
          minimum: 978307200000,
          maximum: 1009843200000,
        },
      },
      required: ["origin", "distance", "date"],
      additionalProperties: false,
      examples: [
        {
          origin: "text",
          carrier: "AA",
          distance: 3000,
          load: 0.5,
          charter: true,
          date: "2001-07-02T12:00:00.000Z",
        },
      ],
    });
  });
});

describe("the tensor protocol in the document", () => {
  it("has every route of every ready version, with its own tensors, and streams of models that stream", async () => {
    const graphs = await graphHost([
      { name: "scale", version: "1", graph: scalingGraph(2) },
      { name: "scale", version: "2", graph: scalingGraph(3) },
      { name: "steps", version: "1", graph: stepGraph() },
    ]);
    onTestFinished(() => graphs.close());
    const spec = { steps: 10, feed: { next: "state" }, emit: ["next"] };
    const streaming = (model: HostedModel): HostedModel =>
      model.name === "steps" ? { ...model, stream: stepStream(spec, model.signature) } : model;
    const host: ModelHost = {
      ...graphs,
      ready: () => graphs.ready().map(streaming),
      find: (name, version) => streaming(graphs.find(name, version)),
    };
    const { get } = await serve({ tensors: { host, server: { name: "millwright", version: "1" } } });
    const paths = ((await get("/openapi.json")).body as Node).paths as Record<string, Record<string, Node>>;
    const found = Object.entries(paths)
      .filter(([path]) => path.startsWith("/v2/"))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
    // The routes of the Open Inference Protocol V2 and of Triton's extensions, written down from their documents.
    const ofModel = (path: string, streams: boolean) => [
      ...["", "/ready", "/config", "/stats"].map((end) => `get ${path}${end}`),
      ...["/infer", ...(streams ? ["/generate", "/generate_stream"] : [])].map((end) => `post ${path}${end}`),
    ];
    const expected = [
      ...["get /v2/health/live", "get /v2/health/ready", "get /v2/models/stats", "post /v2/repository/index"],
      ...["scale", "steps"].flatMap((name) => [
        `post /v2/repository/models/${name}/load`,
        `post /v2/repository/models/${name}/unload`,
      ]),
      ...ofModel("/v2/models/scale", false),
      ...ofModel("/v2/models/scale/versions/1", false),
      ...ofModel("/v2/models/scale/versions/2", false),
      ...ofModel("/v2/models/steps", true),
      ...ofModel("/v2/models/steps/versions/1", true),
    ];
    expect(found.sort()).toEqual(expected.sort());
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(paths["/v2/models/steps/generate_stream"].post).toMatchObject({
      responses: { 200: { content: { "text/event-stream": {} } } },
      requestBody: {
        content: {
          "application/json": { schema: { anyOf: [{}, { required: ["state", "factor", "turn"] }] } },
        },
      },
    });
  });
});

describe("recordSchema", () => {
  const range = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 1e6 }));
  const ranged = range.map(([min, span]) => [min, min + span] as const);
  const fields = fc.oneof(
    ranged.map(([min, max]) => t.int().between(min, max)),
    ranged.map(([min, max]) => t.float().between(min, max)),
    ranged.map(([min, max]) => t.timestamp().between(min, max)),
    fc.constantFrom(t.int(), t.float(), t.bool(), t.string(), t.timestamp(), t.string().oneOf("a", "b")),
  );
  const schemas: fc.Arbitrary<Schema> = fc.dictionary(
    fc.stringMatching(/^[a-z_]{1,8}$/),
    fields.chain((spec) => fc.constantFrom(spec, spec.optional())),
  );

  it("gives an example that the schema admits", () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        expect(compileRecord(schema)(recordSchema(schema).examples[0])).toMatchObject({ ok: true });
      }),
    );
  });

  it("admits a value exactly when the record parser does", () => {
    const values = fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constantFrom("a", "b", "c", null));
    fc.assert(
      fc.property(fields, fc.boolean(), values, (spec, nullable, value) => {
        fc.pre(typeof value !== "string" || spec.kind !== "timestamp");
        fc.pre(!Number.isInteger(value) || Number.isSafeInteger(value));
        const schema = { field: nullable ? spec.optional() : spec };
        const parsed = compileRecord(schema)({ field: value });
        expect(admits(recordSchema(schema).properties.field, value)).toBe(parsed.ok);
      }),
      { numRuns: 500 },
    );
  });
});

/** JSON Schema 2020-12 for the keywords in use, written down from its specification. */
function admits({ type, minimum, maximum, enum: values }: FieldSchema, value: unknown): boolean {
  const isNumber = typeof value === "number" && Number.isFinite(value);
  const is: Record<string, boolean> = {
    integer: isNumber && Number.isInteger(value),
    number: isNumber,
    boolean: typeof value === "boolean",
    string: typeof value === "string",
    null: value === null,
  };
  if (![type].flat().some((name) => is[name])) return false;
  if (isNumber && minimum !== undefined && value < minimum) return false;
  if (isNumber && maximum !== undefined && value > maximum) return false;
  return values === undefined || values.some((admitted) => admitted === value);
}
