import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "../python-environment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What every Python server imports. */
export const sharedPython = here("python");

/** The folder of a peer's own files. */
export const peerFolder = (name) => here(`peers/${name}`);

/**
 * The Python of a peer, or of "models", which makes the models. Each has a virtual environment of its own.
 *
 * @param {string} name
 * @param {(text: string) => void} report
 */
export const servingEnvironment = (name, report) =>
  pythonEnvironment({
    folder: here(`../.venv-serving/${name}`),
    requirements: here(name === "models" ? "models/requirements.txt" : `peers/${name}/requirements.txt`),
    report,
  });
