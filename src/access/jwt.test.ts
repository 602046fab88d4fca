import { createHmac } from "node:crypto";
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JWTPayload,
} from "jose";
import { beforeAll, describe, expect, it, test } from "vitest";
import type { AccessOptions } from "./access-options.js";
import { gate } from "./keys.testing.js";
import type { JwtKeyOptions, JwtOptions } from "./jwt-options.js";

const nowS = Date.UTC(2026, 0, 1) / 1000;
const secret = "0123456789abcdef0123456789abcdef";
const pairs = new Map<string, { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }>();
beforeAll(async () => {
  for (const alg of ["RS256", "ES256", "EdDSA"]) {
    pairs.set(alg, await generateKeyPair(alg, { extractable: true }));
    pairs.set(`other ${alg}`, await generateKeyPair(alg, { extractable: true }));
  }
});

const pairOf = (name: string) => {
  const pair = pairs.get(name);
  if (pair === undefined) throw new Error(name);
  return pair;
};

/** A claim that is undefined is left out. */
type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined } & {
  readonly scope?: string;
};
const usual = { iss: "issuer", aud: "millwright", sub: "shop", exp: nowS + 60, scope: "predict:a" };

interface Signing {
  readonly alg?: string;
  /** Name of the pair that signs; that of the algorithm. */
  readonly key?: string;
  readonly kid?: string;
}

/** A token of the claims, less those that are undefined. */
function token(claims: Claims = {}, signing: Signing = {}): Promise<string> {
  const { alg = "HS256", key = alg, kid = "" } = signing;
  const all = Object.entries<unknown>({ ...usual, ...claims }).filter(([, value]) => value !== undefined);
  const header = kid === "" ? { alg } : { alg, kid };
  const signer = key === "HS256" ? new TextEncoder().encode(secret) : pairOf(key).privateKey;
  return new SignJWT(Object.fromEntries(all)).setProtectedHeader(header).sign(signer);
}

const jwt = (keys: readonly JwtKeyOptions[], more: Partial<JwtOptions> = {}): AccessOptions => ({
  jwt: { issuer: "issuer", audience: "millwright", keys, ...more },
});
const bySecret = jwt([{ secret }]);
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const refused = (code: string) => ({ code, row: { http: 401 } });

describe.each(["RS256", "ES256", "EdDSA"] as const)("%s", (alg) => {
  async function sorts(): Promise<[string, JwtKeyOptions, string?][]> {
    const { publicKey } = pairOf(alg);
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1" };
    const other = { ...(await exportJWK(pairOf(`other ${alg}`).publicKey)), kid: "k2" };
    const foreign = [{ kty: "EC", crv: "P-521" }, { kty: "unheard-of" }, { ...other, use: "enc" }];
    const jwks = { keys: [...foreign, other, jwk] };
    return [
      ["pem", { pem: await exportSPKI(publicKey), alg }],
      ["jwk", { jwk }],
      ["jwks", { jwks }],
      ["jwksFile", { jwksFile: "keys.json" }, JSON.stringify(jwks)],
    ];
  }

  it("takes its tokens by a key in any form, and forged ones by none", async () => {
    for (const [sort, option, file = ""] of await sorts()) {
      const { keeper } = await gate(jwt([option]), { readText: async () => file });
      const caller = await keeper.authenticate(bearer(await token({}, { alg, kid: "k1" })));
      expect([sort, caller.kind, caller.id, caller.scopes.list]).toEqual([
        sort,
        "token",
        "token:shop",
        ["predict:a"],
      ]);
      // Signed by somebody else, under the name of the key.
      const forged = await token({}, { alg, key: `other ${alg}`, kid: "k1" });
      await expect(keeper.authenticate(bearer(forged))).rejects.toMatchObject(refused("MW1606"));
    }
  });

  it("a public key is not taken for a secret", async () => {
    for (const [, option, file = ""] of await sorts()) {
      const { keeper } = await gate(jwt([option, { secret }]), { readText: async () => file });
      const [header, body] = [{ alg: "HS256", kid: "k1" }, usual].map((part) =>
        Buffer.from(JSON.stringify(part)).toString("base64url"),
      );
      for (const key of [
        await exportSPKI(pairOf(alg).publicKey),
        JSON.stringify(await exportJWK(pairOf(alg).publicKey)),
      ]) {
        const signature = createHmac("sha256", key).update(`${header}.${body}`).digest("base64url");
        const forged = `${header}.${body}.${signature}`;
        await expect(keeper.authenticate(bearer(forged))).rejects.toMatchObject(refused("MW1606"));
      }
      expect(await keeper.authenticate(bearer(await token()))).toMatchObject({ id: "token:shop" });
    }
  });
});

test("tokens without a signature are refused", async () => {
  const { keeper } = await gate(bySecret);
  const unsigned = new UnsecuredJWT({ ...usual }).encode();
  await expect(keeper.authenticate(bearer(unsigned))).rejects.toMatchObject(refused("MW1606"));
  const [, body, signature] = (await token()).split(".");
  for (const alg of ["none", "None", "NONE", "HS512", "", null, 5]) {
    const header = Buffer.from(JSON.stringify({ alg })).toString("base64url");
    for (const end of ["", signature]) {
      const text = `${header}.${body}.${end}`;
      await expect(keeper.authenticate(bearer(text))).rejects.toMatchObject(refused("MW1606"));
    }
  }
});

test("a token that was changed anywhere is refused, a known one too", async () => {
  const { keeper } = await gate(bySecret);
  const text = await token();
  await keeper.authenticate(bearer(text));
  // The last character of a signature of 32 bytes has two bits that do not count.
  for (let at = 0; at < text.length - 1; at += 3) {
    const changed = `${text.slice(0, at)}${text[at] === "x" ? "y" : "x"}${text.slice(at + 1)}`;
    await expect(keeper.authenticate(bearer(changed))).rejects.toMatchObject({ row: { http: 401 } });
  }
  await expect(keeper.authenticate(bearer(`${text}${"A".repeat(8_192)}`))).rejects.toMatchObject(
    refused("MW1606"),
  );
});

type Row = readonly [what: string, claims: Claims, code: string];
const unfit: readonly Row[] = [
  ["expired", { exp: nowS - 6 }, "MW1607"],
  ["for later", { nbf: nowS + 6 }, "MW1608"],
  ["for another audience", { aud: "other" }, "MW1609"],
  ["for no audience", { aud: undefined }, "MW1609"],
  ["of another issuer", { iss: "other" }, "MW1609"],
  ["of no issuer", { iss: undefined }, "MW1609"],
  ["for ever", { exp: undefined }, "MW1606"],
  ["of nobody", { sub: undefined }, "MW1606"],
  ["of a subject of two lines", { sub: "a\nb" }, "MW1606"],
  ["of a subject too long to write down", { sub: "a".repeat(201) }, "MW1606"],
  ["of half a character", { sub: "\ud800" }, "MW1606"],
];

test.each(unfit)("a genuine token that is %s has a refusal of its own", async (_, claims, code) => {
  const { keeper } = await gate(bySecret);
  await expect(keeper.authenticate(bearer(await token(claims)))).rejects.toMatchObject(refused(code));
});

test("what is wrong besides the signature is told to nobody who forges", async () => {
  const { keeper } = await gate(jwt([{ jwk: { ...(await exportJWK(pairOf("EdDSA").publicKey)) } }]));
  const said = new Set<string>();
  for (const [, claims] of unfit) {
    const forged = await token(claims, { alg: "EdDSA", key: "other EdDSA" });
    said.add(JSON.stringify(await keeper.authenticate(bearer(forged)).catch((error: unknown) => error)));
  }
  expect(said.size).toBe(1);
  expect([...said][0]).toContain('"MW1606"');
});

test("a token's time is looked at each time, with the tolerance of clocks", async () => {
  const { keeper, clock } = await gate(bySecret);
  const text = await token({ nbf: nowS + 5, exp: nowS + 60, aud: ["x", "millwright"] });
  const first = await keeper.authenticate(bearer(text));
  clock.advance(64_999);
  expect(await keeper.authenticate(bearer(text))).toBe(first);
  clock.advance(1);
  await expect(keeper.authenticate(bearer(text))).rejects.toMatchObject(refused("MW1607"));
  // And the same of one that was not seen before.
  const other = await token({ sub: "other" });
  await expect(keeper.authenticate(bearer(other))).rejects.toMatchObject(refused("MW1607"));
  // A clock that is put back makes it good again, but not before its time.
  clock.advance(-70_000);
  await expect(keeper.authenticate(bearer(text))).rejects.toMatchObject(refused("MW1608"));
  const strict = await gate(jwt([{ secret }], { clockTolerance: "0s" }));
  await expect(strict.keeper.authenticate(bearer(text))).rejects.toMatchObject(refused("MW1608"));
});

test("a token for another model, or for another verb, is refused by name", async () => {
  const { keeper } = await gate(bySecret);
  const caller = await keeper.authenticate(bearer(await token()));
  keeper.authorize(caller, "predict", "a");
  const forbidden = (code: string, scope: string) =>
    expect.objectContaining({ code, details: { scope } }) as Error;
  expect(() => keeper.authorize(caller, "predict", "b")).toThrow(forbidden("MW1611", "predict:b"));
  expect(() => keeper.authorize(caller, "predict")).toThrow(forbidden("MW1611", "predict:*"));
  expect(() => keeper.authorize(caller, "manage", "a")).toThrow(forbidden("MW1610", "manage:a"));
  expect(() => keeper.authorize(caller, "manage", "\u0000é")).toThrow(forbidden("MW1610", "manage:??"));
});

test("two issuers may give one name to two callers", async () => {
  const { keeper } = await gate(jwt([{ secret }], { issuer: ["issuer", "second"] }));
  const ids = await Promise.all(
    ["issuer", "second"].map(async (iss) => (await keeper.authenticate(bearer(await token({ iss })))).id),
  );
  expect(ids).toEqual(["token:issuer shop", "token:second shop"]);
});

test("several secrets are tried, as while one replaces another", async () => {
  const { keeper } = await gate(
    jwt([{ secret: "another secret of thirty-two bytes", kid: "new" }, { secret }]),
  );
  await expect(keeper.authenticate(bearer(await token()))).resolves.toBeDefined();
  await expect(keeper.authenticate(bearer(await token({ sub: "b" }, { kid: "old" })))).resolves.toBeDefined();
});

describe("keys that cannot be used stop the start, and are not repeated", () => {
  const readText = async () => '{"keys":[{"kty":"EC","crv":"P-521","x":"SECRET"}]}';
  const bad = (expected: string) => expect.objectContaining({ code: "MW1615", expected }) as Error;
  const text = (part: string) => expect.stringContaining(part) as string;

  test.each([
    ["a private key", { pem: "-----BEGIN PRIVATE KEY-----\nSECRET", alg: "ES256" }, "public key"],
    ["a private JWK", { jwk: { kty: "OKP", crv: "Ed25519", x: "SECRET", d: "SECRET" } }, "public key"],
    ["no PEM", { pem: "SECRET", alg: "RS256" }, "can be read"],
    ["a broken JWK", { jwk: { kty: "EC", crv: "P-256", x: "SECRET" } }, "can be read"],
    ["a JWK of another algorithm", { jwk: { kty: "RSA", alg: "PS256", n: "SECRET" } }, "a key for RS256"],
    ["a short secret", { jwk: { kty: "oct", k: "c2hvcnQ" } }, "256 bits"],
    ["a set without a key of use", { jwks: { keys: [] } }, "a key for RS256"],
    ["a file without one", { jwksFile: "keys.json" }, "a key for RS256"],
  ] as const)("%s", async (_, key, expected) => {
    const made = gate(jwt([key]), { readText });
    await expect(made).rejects.toThrow(bad(text(expected)));
    await expect(made).rejects.not.toThrow("SECRET");
  });

  test("a file that is not there, is no JSON or is no set", async () => {
    const missing = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" }));
    for (const read of [missing, async () => "SECRET", async () => "[]"]) {
      const made = gate(jwt([{ jwksFile: "keys.json" }]), { readText: read });
      await expect(made).rejects.toThrow(bad(text("in the file keys.json")));
      await expect(made).rejects.not.toThrow("SECRET");
    }
  });

  test("an RSA key that can be factored", async () => {
    const { publicKey } = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
    const jwk = await exportJWK(publicKey);
    const short = {
      ...jwk,
      n: Buffer.from(jwk.n ?? "", "base64url")
        .subarray(0, 128)
        .toString("base64url"),
    };
    await expect(gate(jwt([{ jwk: short }]))).rejects.toThrow(bad(text("2048 bits")));
  });
});
