// npm run build   compiles src/ into dist/, incrementally, and removes what no longer has a source
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** A file whose source was deleted or renamed would still be packed and could still be imported. */
function removeStale() {
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true }).map(String)) {
    const source = file.replace(/(\.d\.ts|\.js)$/, ".ts");
    if (source !== file && !existsSync(join(root, "src", source))) rmSync(join(dist, file));
  }
}

removeStale();
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
const command = join(dist, "cli/main.js");
if (existsSync(command)) chmodSync(command, 0o755);
process.exitCode = status ?? 1;
