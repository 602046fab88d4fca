import { describe, expect, it, test } from "vitest";
import { compileAccess } from "./access-options.js";
import { gate } from "./keys.testing.js";

const refused = (code: string, http: number) =>
  expect.objectContaining({ code, row: expect.objectContaining({ http }) as object }) as Error;

describe("credentials", () => {
  it("are asked for where nobody may do without", async () => {
    const { keeper } = await gate({});
    await expect(keeper.authenticate({})).rejects.toThrow(refused("MW1601", 401));
  });

  it("are asked for what callers without them may not do", async () => {
    const { keeper } = await gate({ anonymous: ["read", "predict:a"] });
    const caller = await keeper.authenticate({});
    expect(caller).toMatchObject({ kind: "anonymous", id: "anonymous" });
    keeper.authorize(caller, "read");
    keeper.authorize(caller, "predict", "a");
    expect(() => keeper.authorize(caller, "predict", "b")).toThrow(refused("MW1601", 401));
    expect(() => keeper.authorize(caller, "manage")).toThrow(refused("MW1601", 401));
  });

  it("that are wrong do not make their sender anonymous", async () => {
    const { keeper } = await gate({ anonymous: ["*"] });
    const none = `mw_${"0".repeat(12)}_${"A".repeat(43)}`;
    await expect(keeper.authenticate({ apiKey: none })).rejects.toThrow(refused("MW1603", 401));
    await expect(keeper.authenticate({ apiKey: "" })).rejects.toThrow(refused("MW1602", 401));
  });

  test.each([
    "",
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "Bearer a b",
    "Bearer a,b",
    "Bearer x",
    "Bearer a.b.c",
    "Bearer \u0000",
  ])("%j is not understood, and not repeated", async (authorization) => {
    const { keeper } = await gate({});
    const error: unknown = await keeper.authenticate({ authorization }).catch((cause: unknown) => cause);
    expect(error).toEqual(refused("MW1602", 401));
    expect(JSON.stringify(error)).not.toContain("dXNl");
  });

  it("of two kinds leave it open who asks, and are refused", async () => {
    const { keeper, issue } = await gate({});
    const [a, b] = [(await issue(["*"])).key, (await issue(["*"])).key];
    const both = keeper.authenticate({ authorization: `Bearer ${a}`, apiKey: b });
    await expect(both).rejects.toThrow(refused("MW1602", 401));
  });

  it("of a kind that is not configured are not understood", async () => {
    const { keeper, issue } = await gate({ keys: false, anonymous: ["read"] });
    const { key } = await issue(["*"]);
    await expect(keeper.authenticate({ apiKey: key })).rejects.toThrow(refused("MW1602", 401));
  });
});

it("does nothing that was not asked for", async () => {
  const { keeper } = await gate({ anonymous: ["*"] });
  const caller = await keeper.authenticate({});
  await keeper.admit(caller, "predict", 1e9);
  keeper.note({ caller, verb: "predict", count: 1, status: 200 });
  expect(keeper.counters()).toEqual({ unchecked: 0, audit: { written: 0, lost: 0, failures: 0 } });
  await keeper.close();
});

describe("options", () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const jwt = { issuer: "i", audience: "a", keys: [{ secret }] };
  const limit = { perSecond: 1, burst: 1 };
  type Row = readonly [what: string, options: object, code: string, text: string];

  const wrong: readonly Row[] = [
    ["an unknown key", { key: true }, "MW0103", '"keys"'],
    ["keys that are neither", { keys: 1 }, "MW1615", "access.keys"],
    ["an unknown scope", { anonymous: ["reed"] }, "MW1615", '"read"'],
    ["an unknown key of jwt", { jwt: { ...jwt, isuer: "x" } }, "MW0103", '"issuer"'],
    ["no issuer", { jwt: { ...jwt, issuer: "" } }, "MW1615", "access.jwt.issuer"],
    ["no audience", { jwt: { ...jwt, audience: [] } }, "MW1615", "access.jwt.audience"],
    ["no keys", { jwt: { ...jwt, keys: [] } }, "MW1615", "access.jwt.keys"],
    ["a key that is text", { jwt: { ...jwt, keys: ["x"] } }, "MW1615", "access.jwt.keys[0]"],
    [
      "two keys in one",
      { jwt: { ...jwt, keys: [{ secret, jwksFile: "x" }] } },
      "MW1615",
      "secret and jwksFile",
    ],
    ["an empty key", { jwt: { ...jwt, keys: [{}] } }, "MW1615", "one of secret"],
    ["an unknown key of a key", { jwt: { ...jwt, keys: [{ secret, id: "x" }] } }, "MW0103", '"kid"'],
    ["a kid that is no text", { jwt: { ...jwt, keys: [{ secret, kid: 5 }] } }, "MW1615", "kid"],
    ["a short secret", { jwt: { ...jwt, keys: [{ secret: "short" }] } }, "MW1615", "32 bytes"],
    ["a PEM without algorithm", { jwt: { ...jwt, keys: [{ pem: "x" }] } }, "MW1615", "RS256"],
    ["a PEM for HS256", { jwt: { ...jwt, keys: [{ pem: "x", alg: "HS256" }] } }, "MW1615", "RS256"],
    ["a JWK that is text", { jwt: { ...jwt, keys: [{ jwk: "x" }] } }, "MW1615", "JSON Web Key"],
    ["a set without keys", { jwt: { ...jwt, keys: [{ jwks: {} }] } }, "MW1615", "JSON Web Key Set"],
    ["a file without name", { jwt: { ...jwt, keys: [{ jwksFile: "" }] } }, "MW1615", "jwksFile"],
    ["a tolerance of hours", { jwt: { ...jwt, clockTolerance: "2h" } }, "MW0104", "clockTolerance"],
    ["a tolerance that is none", { jwt: { ...jwt, clockTolerance: "soon" } }, "MW0101", "soon"],
    ["an unknown limit", { limits: { callers: limit } }, "MW0103", '"caller"'],
    ["an unknown part of a limit", { limits: { caller: { ...limit, brust: 1 } } }, "MW0103", '"burst"'],
    ["a limit without burst", { limits: { caller: { perSecond: 1 } } }, "MW0104", "burst"],
    ["half a row at once", { limits: { caller: { perSecond: 1, burst: 1.5 } } }, "MW0104", "burst"],
    ["no rows a second", { limits: { anonymous: { perSecond: 0, burst: 1 } } }, "MW0104", "perSecond"],
    [
      "an unknown verb",
      { limits: { caller: { ...limit, verbs: { predikt: limit } } } },
      "MW0103",
      '"predict"',
    ],
    ["an unknown store", { limits: { store: { kind: "disk" } } }, "MW1615", "redis({ … })"],
    ["an unknown way out", { limits: { onFailure: "open" } }, "MW1615", '"serve" or "refuse"'],
    ["an unknown part of the trail", { audit: { onfailure: "serve" } }, "MW0103", '"onFailure"'],
    ["a trail of no entries", { audit: { waitingEntries: 0 } }, "MW0104", "waitingEntries"],
    ["a trail that is text", { audit: "yes" }, "MW1615", "access.audit"],
  ];

  test.each(wrong)("%s", (_, options, code, text) => {
    const compile = () => compileAccess(options);
    expect(compile).toThrow(expect.objectContaining({ code }));
    expect(compile).toThrow(text);
    expect(compile).not.toThrow(secret);
  });

  it("are complete when they are compiled", () => {
    const verbs = { feedback: { perSecond: 0.5, burst: 3 } };
    const limits = { caller: { perSecond: 1.00049, burst: 2, verbs } };
    expect(compileAccess({ jwt, limits, audit: true, anonymous: ["read"] })).toMatchObject({
      keys: true,
      jwt: { issuers: ["i"], audiences: ["a"], clockToleranceMs: 5_000 },
      anonymous: { list: ["read"] },
      limits: {
        caller: { perSecond: 1, burst: 2, verbs },
        anonymous: undefined,
        store: { kind: "memory" },
        onFailure: "serve",
      },
      audit: { onFailure: "serve", waitingEntries: 10_000 },
    });
    expect(compileAccess({})).toEqual({
      keys: true,
      jwt: undefined,
      anonymous: undefined,
      limits: undefined,
      audit: undefined,
    });
  });
});
