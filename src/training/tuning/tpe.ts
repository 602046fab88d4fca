import type { Rng } from "../../kernel/index.js";
import { normalCdf } from "../../stats/index.js";
import {
  drawParameters,
  positionOf,
  valueAt,
  type Dimension,
  type JudgedTrial,
  type NumberDimension,
  type Parameters,
  type ParameterValue,
  type Space,
} from "./space.js";

export interface TpeProblem {
  readonly space: Space;
  readonly trials: readonly JudgedTrial[];
  readonly candidates: number;
}

/** One trial's kernel in one dimension. */
type Kernel =
  | { readonly kind: "choice"; readonly centre: ParameterValue; readonly values: readonly ParameterValue[] }
  /** A normal distribution cut at 0 and 1; `logScale` is the logarithm of its density at the middle. */
  | {
      readonly kind: "number";
      readonly dimension: NumberDimension;
      readonly middle: number;
      readonly width: number;
      readonly logScale: number;
    };

/** A mixture of the prior and one kernel per trial and dimension, all of equal weight. */
interface Density {
  readonly names: readonly string[];
  readonly kernels: readonly (readonly Kernel[])[];
}

/** Of some candidates from among the good trials, that which is likeliest good and unlikeliest bad. */
export function tpeParameters({ space, trials, candidates }: TpeProblem, rng: Rng): Parameters {
  const judged = trials
    .flatMap(({ parameters, loss }) => (loss === undefined ? [] : [{ parameters, loss }]))
    .sort((a, b) => a.loss - b.loss);
  // As in Optuna: the best tenth, at most 25.
  const goodCount = Math.min(Math.ceil(0.1 * judged.length), 25);
  const running = trials.filter(({ loss }) => loss === undefined);
  const good = densityOf(space, judged.slice(0, goodCount));
  const bad = densityOf(space, [...judged.slice(goodCount), ...running]);
  let best: { readonly parameters: Parameters; readonly promise: number } | undefined;
  for (let i = 0; i < candidates; i++) {
    const parameters = draw(space, good, rng);
    const promise = logDensity(space, good, parameters) - logDensity(space, bad, parameters);
    if (best === undefined || promise > best.promise) best = { parameters, promise };
  }
  return best?.parameters ?? drawParameters(space, rng);
}

/** How much of a trial's kernel over choices is spread over all of them. */
const otherShare = 0.2;

/** Scott's rule on a fifth of the range, as in Optuna's multivariate estimator. */
function densityOf(space: Space, trials: readonly JudgedTrial[]): Density {
  const names = Object.keys(space);
  const width = 0.2 * Math.max(1, trials.length) ** (-1 / (names.length + 4));
  const kernels = trials.map(({ parameters }) =>
    names.map((name) => kernelOf(space[name], parameters[name], width)),
  );
  return { names, kernels };
}

function kernelOf(dimension: Dimension, centre: ParameterValue, width: number): Kernel {
  if (dimension.kind === "choice") {
    return { kind: "choice", centre, values: dimension.values };
  }
  const middle = positionOf(dimension, centre as number);
  const mass = normalCdf((1 - middle) / width) - normalCdf(-middle / width);
  return {
    kind: "number",
    dimension,
    middle,
    width,
    logScale: -Math.log(width * Math.sqrt(2 * Math.PI) * mass),
  };
}

function draw(space: Space, { names, kernels }: Density, rng: Rng): Parameters {
  const chosen = rng.below(kernels.length + 1);
  if (chosen === kernels.length) return drawParameters(space, rng);
  return Object.fromEntries(names.map((name, i) => [name, near(kernels[chosen][i], rng)]));
}

function near(kernel: Kernel, rng: Rng): ParameterValue {
  if (kernel.kind === "choice") {
    const { values, centre } = kernel;
    return rng.next() < otherShare ? values[rng.below(values.length)] : centre;
  }
  for (;;) {
    const position = kernel.middle + kernel.width * gaussian(rng);
    if (position >= 0 && position <= 1) return valueAt(kernel.dimension, position);
  }
}

/** Box and Muller. */
function gaussian(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
}

function logDensity(space: Space, { names, kernels }: Density, parameters: Parameters): number {
  const at = names.map((name) => placeOf(space[name], parameters[name]));
  const prior = names.reduce((total, name) => total + logPrior(space[name]), 0);
  const logs = kernels.map((trial) =>
    trial.reduce((total, kernel, i) => total + logKernel(kernel, at[i]), 0),
  );
  return logSum([prior, ...logs]) - Math.log(kernels.length + 1);
}

const placeOf = (dimension: Dimension, value: ParameterValue): ParameterValue =>
  dimension.kind === "choice" ? value : positionOf(dimension, value as number);

const logPrior = (dimension: Dimension): number =>
  dimension.kind === "choice" ? -Math.log(dimension.values.length) : 0;

function logKernel(kernel: Kernel, place: ParameterValue): number {
  if (kernel.kind === "choice") {
    const spread = otherShare / kernel.values.length;
    return Math.log(place === kernel.centre ? 1 - otherShare + spread : spread);
  }
  const distance = ((place as number) - kernel.middle) / kernel.width;
  return kernel.logScale - 0.5 * distance * distance;
}

function logSum(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((total, log) => total + Math.exp(log - largest), 0));
}
