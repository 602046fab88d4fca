import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { openTracing, type OpenTelemetryTracing } from "../../src/compose/index.js";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { systemClock } from "../../src/kernel/index.js";
import { ask, serveInference, type InferenceServer } from "../support/inference-server.js";

/** docs/operators.md against what is there: metrics, alerts, options and settings, each in both directions. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("docs/operators.md");

/** The first cells of the table that begins with a heading. */
function firstCells(text: string, heading: string): readonly string[] {
  const from = text.slice(text.indexOf(`| ${heading} `));
  const [, , ...rows] = from.slice(0, from.indexOf("\n\n")).split("\n");
  return rows.map((row) => row.split("|")[1]);
}

/** What cells name in backquotes. */
const named = (cells: readonly string[]): string[] =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

describe("metrics and alerts", () => {
  let server: InferenceServer;
  let tracing: OpenTelemetryTracing;
  let text = "";
  let names: ReadonlySet<string>;

  beforeAll(async () => {
    tracing = await openTracing({
      ...{ endpoint: "http://127.0.0.1:1", serviceName: "docs", serviceVersion: "1" },
      ...{ sampleShare: 0, clock: systemClock, onTrouble: () => undefined },
    });
    server = await serveInference([{ name: "scale", graph: scalingGraph(2) }], {
      serving: { access: { anonymous: ["*"], audit: true }, models: { scale: { breaker: {}, cache: {} } } },
      http: { tracing },
    });
    await ask(`${server.url}/v2/models/nobody`);
    text = await (await fetch(`${server.url}/metrics`)).text();
    names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  });
  afterAll(async () => {
    await server.close();
    await tracing.close();
  });

  test("a running server has the metrics of the page, and no others", () => {
    expect(sorted(named(firstCells(page, "metric")))).toEqual(sorted(names));
  });

  test("the rules ask for metrics that there are", () => {
    const [, rules] = /```yaml\n(groups:.*?)```/s.exec(page) ?? [];
    const asked = [...rules.matchAll(/\b(?:millwright|nv|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);
    expect(asked.length).toBeGreaterThan(15);
    const known = (name: string) => names.has(name) || names.has(name.replace(/_(bucket|count)$/, ""));
    expect(asked.filter((name) => !known(name))).toEqual([]);
  });

  test("what the page looks for in the metrics is found there", () => {
    const searches = [...page.matchAll(/\$S\/metrics \| grep (?:-E '([^']+)'|(\w+))/g)];
    expect(searches.length).toBeGreaterThan(6);
    for (const [, several, one] of searches) expect(text).toMatch(new RegExp(several ?? one, "m"));
  });

  test("every alert has its section of the runbook, and every section an alert", () => {
    const alerts = [...page.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const sections = [...page.matchAll(/^### (Millwright.*)$/gm)].flatMap(([, names]) => names.split(", "));
    expect(alerts.length).toBeGreaterThan(10);
    expect(sorted(sections)).toEqual(sorted(alerts));
  });

  test("every error code of the page is one, and every link within it leads somewhere", () => {
    const codes = sorted([...page.matchAll(/MW\d{4}/g)].map(([code]) => code));
    const pages = read("docs/errors.md");
    expect(codes.filter((code) => !pages.includes(`### ${code}:`))).toEqual([]);
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(
      ([, title]) =>
        `#${title
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-")}`,
    );
    const links = [...page.matchAll(/\]\((#[^)]+)\)/g)].map(([, link]) => link);
    expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  });
});

describe("options and settings", () => {
  test("serve has the options of the page, and no others", async () => {
    const { commands } = await createProgram();
    const serve = commands.find((command) => command.name() === "serve");
    const options = serve?.options.map(({ long }) => long ?? "") ?? [];
    const told = named(firstCells(page, "option")).map((name) => name.split(" ")[0]);
    expect(sorted(told)).toEqual(sorted(options));
  });

  test("the environment variables that the code reads are those of the page", () => {
    const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
    );
    const code = files.map((name) => read(join("src", name))).join("\n");
    const variable = /\b(?:MILLWRIGHT|OTEL)_[A-Z_]+\b/g;
    // Its own are read by name; those of OpenTelemetry are read by its exporter, and named where that is set up.
    const own = [...code.matchAll(/process\.env\["(MILLWRIGHT_[A-Z_]+)"\]|\b(OTEL_[A-Z_]+)\b/g)].map(
      ([, ours, theirs]) => ours ?? theirs,
    );
    expect(sorted([...page.matchAll(variable)].map(([name]) => name))).toEqual(sorted(own));
  });

  let program: ts.Program;
  const file = join(root, "src/lifecycle/hosting/serving-options.ts");
  beforeAll(() => {
    const module = ts.ModuleKind.NodeNext;
    program = ts.createProgram([file], { strict: true, module, skipLibCheck: true, types: [] });
  });

  /** The type of an option of `ServingOptions`, and what asks about types. */
  function servingType(option: "models" | "access") {
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(file) as ts.SourceFile;
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
    const options = exported.find(({ name }) => name === "ServingOptions") as ts.Symbol;
    const property = checker.getDeclaredTypeOfSymbol(options).getProperty(option) as ts.Symbol;
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(property));
    return { checker, type: type.getStringIndexType() ?? type };
  }

  /** Names of all settings; of those that the page goes into, such as `cache`, the settings within. */
  function settingsOf(
    { checker, type }: ReturnType<typeof servingType>,
    groups: ReadonlySet<string>,
  ): string[] {
    return type.getProperties().flatMap((property) => {
      if (!groups.has(property.name)) return [property.name];
      const inner = checker.getNonNullableType(checker.getTypeOfSymbol(property));
      return inner.getProperties().map(({ name }) => `${property.name}.${name}`);
    });
  }

  test.each([
    ["models", "`batching.maxBatchRows`"],
    ["access", "`jwt.issuer`"],
  ] as const)("the settings of serving.%s are those of the page", (option, holds) => {
    // Both tables have the same heading: the one that holds this setting.
    const from = page.lastIndexOf("| setting ", page.indexOf(holds));
    const told = firstCells(page.slice(from), "setting").flatMap((cell) => {
      const [first, ...others] = named([cell]);
      const group = first.includes(".") ? first.slice(0, first.indexOf(".") + 1) : "";
      return [first, ...others.map((name) => (name.includes(".") ? name : group + name))];
    });
    const groups = new Set(told.filter((name) => name.includes(".")).map((name) => name.split(".")[0]));
    const types = servingType(option);
    expect(sorted(told)).toEqual(sorted(settingsOf(types, groups)));
    if (option === "access") return;
    const serving = named(firstCells(read("docs/serving.md"), "option"));
    expect(sorted(serving.map((name) => name.split(".")[0]))).toEqual(sorted(settingsOf(types, new Set())));
  });
});
