// Draws the layer table as the generated part of docs/ARCHITECTURE.md.
import { format } from "prettier";
import { expand, rooms, table } from "./architecture-table.mjs";

const begin = "<!-- house:begin (generated from architecture.json by `npm run docs:architecture`) -->";
const end = "<!-- house:end -->";

const id = (name) => name.replace("/", "_");
const label = (name) => (name === "index" ? "index.ts" : name.replace("adapters/", ""));

function mermaid() {
  const boxes = table.layers.flatMap((layer) => [
    `  subgraph ${layer.name}_layer["${layer.name}"]`,
    ...layer.rooms.map((room) => `    ${id(room.name)}["${label(room.name)}"]`),
    "  end",
  ]);
  return ["```mermaid", "flowchart TB", ...boxes, ...arrows(), "```"].join("\n");
}

/** Arrows between rooms of one layer singly, between layers once; the ground is under everything. */
function arrows() {
  const seen = new Set();
  for (const from of rooms) {
    for (const [kind, names] of [
      ["-->", expand(from.imports)],
      ["-. types .->", expand(from.types)],
    ]) {
      for (const to of names.map((name) => rooms.find((room) => room.name === name))) {
        const ends = from.layer === to.layer ? [id(from.name), id(to.name)] : layerEnds(from, to);
        if (ends) seen.add(`  ${ends[0]} ${kind} ${ends[1]}`);
      }
    }
  }
  return [...seen].filter(
    (arrow) => !arrow.includes("types") || !seen.has(arrow.replace("-. types .->", "-->")),
  );
}

function layerEnds(from, to) {
  const ground = to.layer === "mathematics" || to.layer === "ground";
  if (!ground) return [`${from.layer}_layer`, `${to.layer}_layer`];
  return from.layer === "domains" || from.layer === "mathematics"
    ? [`${from.layer}_layer`, `${to.layer}_layer`]
    : undefined;
}

function roomTable() {
  const rows = rooms.map((room) => {
    const types = (room.types ?? []).join(", ");
    const imports = [room.imports.join(", "), types && `types of ${types}`].filter(Boolean).join("; ");
    return `| \`${room.name === "index" ? "index.ts" : `${room.name}/`}\` | ${room.about} | ${imports || "nothing"} |`;
  });
  return ["| room | what lives there | may import |", "|---|---|---|", ...rows].join("\n");
}

function vendorTable() {
  const rows = table.vendors.map(
    ({ package: name, owner, why }) => `| \`${name}\` | \`${owner}/\` | ${why} |`,
  );
  return ["| package | imported only by | because |", "|---|---|---|", ...rows].join("\n");
}

function ambientText() {
  const { pure, ambient, grants } = table.coreModules;
  const list = (names) => names.map((name) => `\`${name}\``).join(", ");
  return [
    `Node's own modules ${list(pure.modules)} are free: ${lowerFirst(pure.why)}`,
    `All others are imported in ${list(ambient.rooms)} alone: ${lowerFirst(ambient.why)}`,
    ...grants.map(
      ({ module, rooms: granted, why }) =>
        `Besides, ${list(granted)} may import ${list([module])}: ${lowerFirst(why)}`,
    ),
  ].join("\n");
}

const lowerFirst = (text) => text[0].toLowerCase() + text.slice(1);

/** Puts the generated part between its markers; the prose around it is left alone. */
export async function withHouse(markdown) {
  const from = markdown.indexOf(begin);
  const to = markdown.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/ARCHITECTURE.md needs the two lines\n${begin}\n${end}`);
  const part = [begin, mermaid(), roomTable(), vendorTable(), ambientText(), end].join("\n\n");
  return format(markdown.slice(0, from) + part + markdown.slice(to + end.length), {
    parser: "markdown",
    printWidth: 110,
  });
}
