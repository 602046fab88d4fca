import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requireProgram } from "../../../test/require-program.js";
import { schemaProblem, type JsonSchema } from "./json-schema.js";
import { decodeMessage, encodeJob, messageReader, pythonFolder, type Decoded } from "./protocol.js";

type Case = readonly [definition: string, value: unknown];

const readJson = (path: string) => JSON.parse(readFileSync(new URL(path, pythonFolder), "utf8")) as unknown;
const cases = readJson("tests/protocol-cases.json") as { valid: readonly Case[]; invalid: readonly Case[] };
const schema = readJson("millwright_trainer/protocol.schema.json") as JsonSchema;
const python = requireProgram("python3", "apt-get install python3 python3-venv");

test.each(cases.valid)("%s %j is of the protocol", (definition, value) => {
  expect(schemaProblem(schema, definition, value)).toBeUndefined();
});

test.each(cases.invalid)("%s %j is not of the protocol", (definition, value) => {
  expect(schemaProblem(schema, definition, value)).toEqual(expect.any(String));
});

test.skipIf(python === undefined)("Python judges the same cases alike", () => {
  const path = fileURLToPath(new URL("tests/check_cases.py", pythonFolder));
  const answer: unknown = JSON.parse(execFileSync(python as string, ["-B", path], { encoding: "utf8" }));
  expect(answer).toEqual({ wrong: [], cases: cases.valid.length + cases.invalid.length });
});

test("a keyword of JSON Schema that is not known is no silent pass", () => {
  expect(() => schemaProblem({ $defs: { one: { multipleOf: 2 } } }, "one", 3)).toThrow(TypeError);
});

test("what is wrong is named by its place", () => {
  expect(decodeMessage('{"type":"log","text":7}')).toMatchObject({
    ok: false,
    problem: expect.stringContaining("/text is not of type string") as unknown,
  });
  expect(decodeMessage("garbage")).toMatchObject({ ok: false, problem: 'no JSON: "garbage"' });
  expect(() => encodeJob({ protocol: 1 })).toThrow("/trainer is missing");
});

test("messages are the same however the bytes are cut", () => {
  const sent = ["one", "zwölf", "三", ""].map((text) => ({ type: "log", text }));
  const bytes = Buffer.from(sent.map((message) => `${JSON.stringify(message)}\n`).join(""));
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length })), (places) => {
      const heard: Decoded[] = [];
      const read = messageReader((decoded) => heard.push(decoded));
      const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
      cuts.slice(1).forEach((end, i) => read(bytes.subarray(cuts[i], end)));
      expect(heard).toEqual(sent.map((message) => ({ ok: true, message })));
    }),
  );
});

test("after the first problem nothing more is heard, and a line without end is one", () => {
  const heard: Decoded[] = [];
  const read = messageReader((decoded) => heard.push(decoded));
  const mebibyte = Buffer.alloc(2 ** 20, 97);
  for (let i = 0; i < 20; i++) read(mebibyte);
  read(Buffer.from('\n{"type":"heartbeat"}\n'));
  expect(heard).toEqual([{ ok: false, problem: "a line longer than 16777216 bytes" }]);
});
