import { didYouMean } from "../../kernel/index.js";
import type { Project } from "../project.js";

/**
 * What is worth knowing of a key with these scopes before it is handed out, a sentence each. A model or source may come
 * later, so an unknown one is no error.
 */
export async function keyWarnings(
  project: Pick<Project, "serving" | "models" | "sources" | "registry">,
  scopes: readonly string[],
): Promise<readonly string[]> {
  const models = [
    ...new Set([...project.models.map(({ name }) => name), ...(await project.registry.models())]),
  ];
  const sources = [...project.sources.keys()];
  const unknown = scopes.flatMap((scope) => {
    const [verb, name = "*"] = scope.split(":");
    const [what, names] = verb === "ingest" ? (["source", sources] as const) : (["model", models] as const);
    if (name === "*" || names.includes(name)) return [];
    return [
      `The scope ${scope} is for a ${what} that the project does not have yet. ${didYouMean(name, names)}`,
    ];
  });
  return [...unknown, ...unasked(project.serving)];
}

/** Where servers ask nobody for a key. */
function unasked({ access }: Project["serving"]): readonly string[] {
  if (access === undefined)
    return [
      "Servers of this project ask nobody for a key yet: give the configuration serving: { access: { } } for that.",
    ];
  return access.keys ? [] : ["Servers of this project take no keys: serving.access.keys is false."];
}
