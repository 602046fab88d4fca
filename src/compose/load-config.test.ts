import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { edited, temporaryFolders, tripsConfig } from "../../test/support/trips.js";
import { loadConfig } from "./load-config.js";

const folders = temporaryFolders();
afterAll(() => folders.removeAll());

const load = async (config: string) => loadConfig(await folders.make({ "millwright.config.ts": config }));
const changed = (from: string, to: string) => edited(tripsConfig, from, to);

const storage = (value: string) => changed("models: [lateTrip]", `models: [lateTrip], storage: ${value}`);

describe("a configuration", () => {
  test("loads as what defineProject made, each time anew", async () => {
    const folder = await folders.make({ "millwright.config.ts": tripsConfig });
    const first = await loadConfig(folder);
    expect(first).toMatchObject({ kind: "project", name: "trips", storage: { folder: ".millwright" } });
    expect(first.models.map(({ name }) => name)).toEqual(["late-trip"]);
    const second = await loadConfig(folder);
    expect(second).not.toBe(first);
    expect(second.models[0].hash).toBe(first.models[0].hash);
  });

  test("may be JavaScript; TypeScript goes first", async () => {
    const other = (name: string) => changed('name: "trips", models', `name: "${name}", models`);
    const javascript = await folders.make({ "millwright.config.mjs": other("javascript") });
    await expect(loadConfig(javascript)).resolves.toMatchObject({ name: "javascript" });
    const both = await folders.make({
      "millwright.config.mjs": other("a"),
      "millwright.config.ts": other("b"),
    });
    await expect(loadConfig(both)).resolves.toMatchObject({ name: "b" });
  });

  test("is asked for by its folder", async () => {
    const folder = await folders.make({});
    const error = { code: "MW1120", expected: `millwright.config.ts in ${folder}`, row: { exit: 2 } };
    await expect(loadConfig(folder)).rejects.toMatchObject(error);
  });
});

type Misspelt = readonly [where: string, config: string, bad: string, near: string, code: string];

const misspelt: readonly Misspelt[] = [
  ["the project", changed("models: [lateTrip] }", "modles: [lateTrip] }"), "modles", "models", "MW0103"],
  ["its storage", storage('{ foldr: "x" }'), "foldr", "folder", "MW0103"],
  ["a source", changed("eventTime:", "evenTime:"), "evenTime", "eventTime", "MW0207"],
  ["a file", changed('csv("trips.csv")', 'csv("a", { delimeter: ";" })'), "delimeter", "delimiter", "MW0207"],
  ["an expectation", changed("{ atLeast: 100 }", "{ atleast: 100 }"), "atleast", "atLeast", "MW0207"],
  ["a view", changed("entity:", "entitty:"), "entitty", "entity", "MW0103"],
  ["a model", changed("matureAfter:", "matureAfer:"), "matureAfer", "matureAfter", "MW0103"],
  ["a trainer", changed("trees: 12", "tree: 12"), "tree", "trees", "MW0401"],
  ["the monitor", changed("threshold: 0.1", "treshold: 0.1"), "treshold", "threshold", "MW0103"],
  ["the objective", changed("p95Ms: 1000", "p95ms: 1000"), "p95ms", "p95Ms", "MW0103"],
  ["the split", changed("trainShare: 0.7", "trainShar: 0.7"), "trainShar", "trainShare", "MW0207"],
  ["a split by ranges", changed("trainShare: 0.7", 'trian: "2024-01"'), "trian", "train", "MW0207"],
  ["the spine", changed('spine: trips.at("at")', 'spine: trips.at("att")'), "att", "at", "MW0208"],
  ["a view's key", changed('{ city: "city" }', '{ city: "citty" }'), "citty", "city", "MW0301"],
];

test.each(misspelt)(
  "an unknown name in %s: it and the nearest valid one",
  async (_, config, bad, near, code) => {
    const remedy = expect.stringContaining(`"${near}"`) as string;
    const found = expect.stringContaining(`"${bad}"`) as string;
    await expect(load(config)).rejects.toMatchObject({ code, found, remedy, row: { exit: 2 } });
  },
);

const wrong: readonly (readonly [what: string, config: string, code: string, expected: string])[] = [
  ["a threshold that is no number", changed("threshold: 0.1", 'threshold: "much"'), "MW0901", "threshold"],
  [
    "a window that is no duration",
    changed('window: "7d"', 'window: "7 weeks"'),
    "MW0101",
    "whole number and a unit",
  ],
  ["an objective below zero", changed("p95Ms: 1000", "p95Ms: -1"), "MW0104", "slo.p95Ms"],
  ["no gate", changed('gates: [atLeast("auc", 0.5)]', "gates: []"), "MW0501", "gate"],
  ["trees by half", changed("trees: 12", "trees: 12.5"), "MW0401", "trees"],
  ["a name of spaces", changed('name: "trips", models', 'name: "my trips", models'), "MW1122", "name"],
  [
    "a model twice",
    changed("models: [lateTrip]", "models: [lateTrip, lateTrip]"),
    "MW1122",
    "different names",
  ],
  [
    "something else for a model",
    changed("models: [lateTrip]", "models: [trips]"),
    "MW1122",
    "made by model()",
  ],
  ["two sources of one name", `${twoSources()}`, "MW1122", "one source of each name"],
  ["storage that is no path", storage("{ folder: 7 }"), "MW1122", "storage.folder"],
];

/** A second model whose source is another one of the same name. */
function twoSources(): string {
  const [head, tail] = tripsConfig.split("export default");
  const second = head
    .slice(head.indexOf("const trips"))
    .replaceAll(/\b(trips|traffic|lateTrip)\b(?=[ .,])/g, "$1Too")
    .replace("tripsToo.csv", "trips.csv")
    .replace('"late-trip"', '"later-trip"');
  return `${head}${second}export default${tail.replace("[lateTrip]", "[lateTrip, lateTripToo]")}`;
}

test.each(wrong)("%s", async (_, config, code, expected) => {
  const said = expect.stringContaining(expected) as string;
  const something = expect.stringMatching(/\S/) as string;
  const facts = { code, expected: said, found: something, remedy: something, row: { exit: 2 } };
  await expect(load(config)).rejects.toMatchObject(facts);
});

const broken: readonly (readonly [what: string, config: string, code: string, found: RegExp])[] = [
  ["a syntax error", `${tripsConfig}\nexport const {{`, "MW1121", /millwright\.config\.ts:\d+/],
  ["an import that is not there", `import "./absent.js";\n${tripsConfig}`, "MW1121", /absent/],
  ["an export that Millwright lacks", changed("gbdt,", "gbdtt,"), "MW1121", /gbdt/],
  ["code that throws", `${tripsConfig}\nthrow new Error("no tides today");`, "MW1121", /no tides today/],
  ["code that throws no error", `throw "no tides";`, "MW1121", /no tides/],
  [
    "no default export",
    tripsConfig.replace("export default", "export const project ="),
    "MW1122",
    /no default/,
  ],
  ["a default export of another kind", "export default { name: 'trips' };", "MW1122", /another kind/],
];

test.each(broken)("with %s", async (_, config, code, found) => {
  const folder = await folders.make({ "millwright.config.ts": config });
  await expect(loadConfig(folder)).rejects.toMatchObject({
    code,
    expected: expect.stringContaining(join(folder, "millwright.config.ts")) as string,
    found: expect.stringMatching(found) as string,
    remedy: expect.stringMatching(/\S/) as string,
    row: { exit: 2 },
  });
});
