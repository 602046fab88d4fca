// Turns the layer table into dependency-cruiser rules. Every rule carries its reason as its comment.
import { expand, roomPath, rooms, table } from "./architecture-table.mjs";

const testFile = "\\.(test|testing)\\.ts$";
const anyRoom = "(adapters/[^/]+|[^/]+)";

const reasons = {
  "no-circular":
    "Modules in a cycle, even of types alone, can only be read, tested and replaced together: extract what both need.",
  "layers-down":
    "Arrows point down only, so a lower layer can be understood and tested without the upper ones.",
  "domain-edges":
    "Domains know one another only along the listed edges; what spans domains belongs to lifecycle/.",
  "delivery-edges":
    "A door parses, calls one verb and prints; what it may reach is listed, and client/ takes types alone.",
  "adapters-behind-ports":
    "Only compose/ knows concrete adapters, so an engine is exchanged by configuration.",
  "adapters-are-peers": "Adapters meet only in compose/, so each can be dropped.",
  "index-only": "A room is used through its index; behind it, files move freely.",
  "vendor-has-one-owner": "A package is imported by one folder, so replacing it touches one folder.",
  "ambient-io":
    "Disk, network, processes and threads are reached in adapters and delivery only, so domains run anywhere and fail on demand.",
  "no-orphans": "A file that imports nothing and that nothing imports is dead.",
  "no-dep-on-tests": "Tests are not shipped, so shipped code cannot need them.",
  "examples-are-public": "An example uses what a user has: the package by its name, nothing private.",
};

/** The names of all rules, each with the reason that stands behind it. */
export const ruleReasons = Object.freeze(reasons);

function rule(name, from, to, detail) {
  const comment = detail ? `${reasons[name]} (${detail})` : reasons[name];
  return { name, severity: "error", comment, from, to };
}

/** The rule that an unlisted import from one room to another breaks. */
function brokenRule(from, to) {
  const bothAdapters = from.layer === "adapters" && to.layer === "adapters";
  if (bothAdapters) return "adapters-are-peers";
  if (to.layer === "adapters") return "adapters-behind-ports";
  if (to.depth < from.depth) return "layers-down";
  return from.layer === "domains" ? "domain-edges" : "delivery-edges";
}

/** Rules for one room: everything that it may not import, grouped by the rule that forbids it. */
function roomRules(from) {
  const values = new Set(expand(from.imports));
  const types = new Set(expand(from.types));
  const groups = new Map();
  for (const to of rooms) {
    if (to.name === from.name || values.has(to.name)) continue;
    const key = `${brokenRule(from, to)} ${types.has(to.name) ? "value" : "any"}`;
    groups.set(key, [...(groups.get(key) ?? []), roomPath(to.name)]);
  }
  return [...groups].map(([key, path]) => {
    const [name, kind] = key.split(" ");
    const to = kind === "value" ? { path, dependencyTypesNot: ["type-only"] } : { path };
    const detail = kind === "value" ? `${from.name} may import types alone from there` : `from ${from.name}`;
    return rule(name, { path: roomPath(from.name), pathNot: testFile }, to, detail);
  });
}

function indexRules() {
  const indexes = `^src/${anyRoom}/index\\.ts$`;
  return [
    rule(
      "index-only",
      { path: `^src/${anyRoom}/` },
      { path: "^src/", pathNot: ["^src/$1/", indexes, testFile] },
    ),
    rule("index-only", { path: "^src/index\\.ts$" }, { path: "^src/", pathNot: indexes }),
  ];
}

function vendorRules() {
  const anyPackage = "(^|/)node_modules/";
  const inPackage = (name) => `${anyPackage}${name}/`;
  const owned = table.vendors.map(({ package: name, owner, why }) =>
    rule(
      "vendor-has-one-owner",
      { path: "^src/", pathNot: [roomPath(owner), testFile] },
      { path: inPackage(name) },
      `${name} belongs to ${owner}: ${why}`,
    ),
  );
  const unowned = rule(
    "vendor-has-one-owner",
    { path: "^src/", pathNot: testFile },
    { path: anyPackage, pathNot: table.vendors.map((vendor) => inPackage(vendor.package)) },
    "this package has no owner in architecture.json",
  );
  return [...owned, unowned];
}

function ambientRules() {
  const { pure, ambient, grants } = table.coreModules;
  const modulePath = (name) => `^(node:)?${name}(/|$)`;
  const free = expand(ambient.rooms).map(roomPath);
  const ruled = [...pure.modules, ...grants.map((grant) => grant.module)].map(modulePath);
  const core = { dependencyTypes: ["core"] };
  return [
    rule("ambient-io", { path: "^src/", pathNot: [...free, testFile] }, { ...core, pathNot: ruled }),
    ...grants.map(({ module, rooms: granted, why }) =>
      rule(
        "ambient-io",
        { path: "^src/", pathNot: [...free, ...expand(granted).map(roomPath), testFile] },
        { ...core, path: modulePath(module) },
        `${granted.join(", ")} may: ${why}`,
      ),
    ),
  ];
}

const entryPoints = ["^src/(client/)?index\\.ts$", "^src/cli/main\\.ts$", "-worker\\.ts$"];

/** The configuration that .dependency-cruiser.mjs hands to the tool. */
export function dependencyCruiserConfig() {
  return {
    forbidden: [
      rule("no-circular", { path: "^src/" }, { circular: true }),
      ...rooms.flatMap(roomRules),
      ...indexRules(),
      ...vendorRules(),
      ...ambientRules(),
      rule("no-orphans", { orphan: true, path: "^src/", pathNot: [...entryPoints, testFile] }, {}),
      rule("no-dep-on-tests", { path: "^src/", pathNot: testFile }, { path: [testFile, "^test/"] }),
      rule(
        "examples-are-public",
        { path: "^examples/" },
        { path: "^(src|scripts|test)/|^dist/(?!index|client/)" },
      ),
    ],
    options: {
      tsPreCompilationDeps: true,
      detectProcessBuiltinModuleCalls: true,
      doNotFollow: { path: ["node_modules", "^dist/"] },
      exclude: { path: "^test/architecture/fixtures/" },
    },
  };
}
