import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { shapes } from "./requests.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/cli/main.js");

/** A project of no models of its own, into which the three are imported as they are. */
async function prepare({ port, folder, modelsFolder }) {
  const project = join(folder, "project");
  await mkdir(join(project, "node_modules"), { recursive: true });
  await symlink(root, join(project, "node_modules/millwright"));
  await writeFile(
    join(project, "millwright.config.ts"),
    'import { defineProject } from "millwright";\n\nexport default defineProject({ name: "bench", models: [] });\n',
  );
  const env = { ...process.env, OMP_NUM_THREADS: "1", NODE_ENV: "production" };
  const models = (...args) =>
    promisify(execFile)(process.execPath, [program, "models", ...args, "--project", project], { env });
  for (const name of Object.keys(shapes)) {
    await models("import", join(modelsFolder, `${name}.onnx`), "--name", name);
    // Nothing was measured of an imported model, so the first promotion only asks for an approval.
    await models("promote", name, "1").catch(waitsForApproval);
    await models(
      "approve",
      name,
      "1",
      "--as",
      "bench",
      "--reason",
      "its answers are compared with a bare session",
    );
    await models("promote", name, "1");
  }
  const second = join(folder, "trees-2.onnx");
  await writeFile(second, secondVersion(await readFile(join(modelsFolder, "trees.onnx"))));
  await models("import", second, "--name", "trees");
  const serve = ["serve", "--project", project, "--workers", "2", "--port", String(port), "--quiet"];
  return { command: [process.execPath, program, ...serve], env };
}

/**
 * The same graph in other bytes, which makes another version with the same answers: a message of protobuf may be followed
 * by further fields of it, and field 6 of a model is its description.
 */
function secondVersion(graph) {
  const description = Buffer.from("the same once more");
  return Buffer.concat([graph, Buffer.from([(6 << 3) | 2, description.length]), description]);
}

function waitsForApproval(error) {
  if (error.code !== 1) throw error;
}

/** Millwright, described as the peers are. */
export const millwright = {
  path: (model) => `/v2/models/${model}/infer`,
  json: "oip-json",
  binary: "oip-binary",
  image: "oip-binary",
  settings: "--workers 2, everything else as it comes",
  versions: async () => {
    const versionOf = async (path) => JSON.parse(await readFile(join(root, path), "utf8")).version;
    return {
      millwright: await versionOf("package.json"),
      node: process.versions.node,
      "onnxruntime-node": await versionOf("node_modules/onnxruntime-node/package.json"),
    };
  },
  prepare,
};
