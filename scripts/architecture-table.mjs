// Reads architecture.json and answers questions about it. No rule is stated here: the table is the law.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The layer table as it stands in architecture.json. */
export const table = JSON.parse(readFileSync(new URL("../architecture.json", import.meta.url), "utf8"));

/** Every room, with its layer and the depth of that layer (0 is the top). */
export const rooms = table.layers.flatMap((layer, depth) =>
  layer.rooms.map((room) => ({ ...room, layer: layer.name, depth })),
);

/** Expands names of layers to the names of their rooms; an unknown name is a mistake in the table. */
export function expand(names = []) {
  return names.flatMap((name) => {
    const found = rooms.filter((room) => room.name === name || room.layer === name);
    if (found.length === 0)
      throw new Error(`architecture.json names "${name}", which is no room and no layer`);
    return found.map((room) => room.name);
  });
}

/** Regular expression for a room's files, relative to the repository. */
export function roomPath(name) {
  return name === "index" ? "^src/index\\.ts$" : `^src/${name}/`;
}
