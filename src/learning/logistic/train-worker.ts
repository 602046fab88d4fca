import { serveWorker } from "../../kernel/index.js";
import { solveLogistic, type LogisticProblem, type LogisticSolution } from "./newton.js";

serveWorker<LogisticProblem, LogisticSolution>((problem, onIteration) => solveLogistic(problem, onIteration));
