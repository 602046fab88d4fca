import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "../python-environment.mjs";

/**
 * The Python that has scikit-learn, LightGBM and the packages with tables.
 *
 * @param {(text: string) => void} report
 */
export const learningEnvironment = (report) =>
  pythonEnvironment({
    folder: fileURLToPath(new URL("../.venv-learning", import.meta.url)),
    requirements: fileURLToPath(new URL("requirements.txt", import.meta.url)),
    report,
  });
