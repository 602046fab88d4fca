import { serveWorker } from "../../kernel/index.js";
import { fitLinear, type LinearInput } from "./fit.js";
import type { LinearModel } from "./model.js";

serveWorker<LinearInput, LinearModel>((input, onIteration) => fitLinear(input, onIteration));
