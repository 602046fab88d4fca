import type { ModelDefinition, Trainer } from "../../training/index.js";
import type { TrainingData } from "./training-data.js";

/** The training rows by what they are for. Row numbers, ascending. */
export interface DividedRows {
  /** What a trainer learns from. */
  readonly fit: Uint32Array;
  /** What a choice, early stopping and calibration look at; absent where nothing does. */
  readonly held?: Uint32Array;
  /** What intervals or sets are calibrated on; nothing else may look at them, or they promise too much. */
  readonly conformal?: Uint32Array;
}

interface Wishes {
  readonly trainer: Trainer;
  /** Whether the model's calibration is part of the fit. */
  readonly calibrated: boolean;
  /** Whether its intervals or sets are. */
  readonly sure: boolean;
}

/**
 * Divides the training rows as a fit needs them. What is held back is shared by halves between all that looks at it and
 * the intervals or sets, which get the later half, or all where nothing else looks. Throws MW0209.
 */
export function divideRows(model: ModelDefinition, data: TrainingData, wishes: Wishes): DividedRows {
  const { trainer, calibrated } = wishes;
  const watched = trainer.watches === true || (calibrated && model.calibration !== undefined);
  const sure = wishes.sure && model.conformal !== undefined;
  // A trainer that was chosen by held-back rows knows of them.
  if (sure && (watched || chooses(model))) {
    const { fit, held, conformal } = holdForChoice(model, data);
    return { fit, ...(watched ? { held } : {}), ...(conformal === undefined ? {} : { conformal }) };
  }
  if (!watched && !sure) return { fit: data.train };
  const { fit, held } = data.hold(model.holdout);
  return sure ? { fit, conformal: held } : { fit, held };
}

/** The rows that candidates and trials learn from, and those that they are compared on. Throws MW0209. */
export function holdForChoice(
  model: ModelDefinition,
  data: TrainingData,
): Required<Omit<DividedRows, "conformal">> & Pick<DividedRows, "conformal"> {
  const { fit, held } = data.hold(model.holdout);
  if (model.conformal === undefined) return { fit, held };
  const halves = data.hold(0.5, held);
  return { fit, held: halves.fit, conformal: halves.held };
}

const chooses = ({ candidates, tuning }: ModelDefinition) => candidates.length > 1 || tuning !== undefined;
