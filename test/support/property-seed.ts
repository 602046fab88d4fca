import fc from "fast-check";

/**
 * Every run of the tests tries the same cases, so that a change is judged by what it changed. Other cases:
 * `PROPERTY_SEED=<any whole number>`; a failure prints the seed and the path that repeat it.
 */
const defaultSeed = 20_010_101;
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: Number(process.env["PROPERTY_SEED"] ?? defaultSeed),
});
