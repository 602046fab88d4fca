import { createJiti } from "jiti";
import { randomSearch, tpe } from "../../dist/index.js";

const jiti = createJiti(import.meta.url);

/**
 * The smallest values that TPE and random search find on the function suite of the tests, at equal trials: medians
 * over seeds that the tests do not use.
 *
 * @param {{ trials: number, seeds: number }} given
 */
export async function compareSearches({ trials, seeds }) {
  const { functionSuite } = await jiti.import("../../src/training/tuning/function-suite.testing.ts");
  const results = functionSuite.map(({ name, space, of }) => {
    const found = (search) => {
      const minima = Array.from({ length: seeds }, (_, i) => {
        const judged = [];
        for (let trial = 0; trial < trials; trial++) {
          const parameters = search.propose({ space, seed: 1_000 + i, trials: judged });
          judged.push({ parameters, loss: of(parameters) });
        }
        return Math.min(...judged.map(({ loss }) => loss));
      });
      return minima.sort((a, b) => a - b)[seeds >> 1];
    };
    const medians = { name, tpe: found(tpe()), random: found(randomSearch()) };
    return { ...medians, better: medians.tpe < medians.random };
  });
  return { trials, seeds, functions: results, tpeBetterOn: results.filter(({ better }) => better).length };
}
