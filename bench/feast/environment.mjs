import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "../python-environment.mjs";

/**
 * The Python that has Feast.
 *
 * @param {{ python?: string, report?: (text: string) => void }} [options]
 */
export const feastEnvironment = (options = {}) =>
  pythonEnvironment({
    folder: fileURLToPath(new URL("../.venv-feast", import.meta.url)),
    requirements: fileURLToPath(new URL("requirements.txt", import.meta.url)),
    ...options,
  });
