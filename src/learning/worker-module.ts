/**
 * The compiled module of a worker of this room, e.g. `workerModule("gbdt/train-worker.js")`. Workers are
 * started by Node, which runs no TypeScript: when this room itself runs from its source (in the tests), the
 * worker comes from the build beside it, so `dist/` must be fresh.
 */
export function workerModule(path: string): URL {
  const module = new URL(`./${path}`, import.meta.url);
  if (import.meta.url.endsWith(".ts"))
    module.pathname = module.pathname.replace(/\/src\/learning\/(?!.*\/src\/learning\/)/, "/dist/learning/");
  return module;
}
