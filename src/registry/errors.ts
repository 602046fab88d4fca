import { errorTable } from "../kernel/index.js";

export const registryErrors = errorTable({
  MW0601: {
    title: "unknown model",
    exit: 2,
    http: 404,
    about:
      "No version of a model of this name was registered. The message names the nearest registered model.",
  },
  MW0602: {
    title: "unknown model version",
    exit: 2,
    http: 404,
    about: "The model has no version of this number. The message names the versions that exist.",
  },
  MW0603: {
    title: "unknown alias",
    exit: 2,
    http: 404,
    about: "No version of the model holds this alias. Promote a version to it first, or use another alias.",
  },
  MW0604: {
    title: "package file damaged",
    exit: 3,
    http: 500,
    about:
      "A file of a model package does not have the SHA-256 or the size that its manifest states, or is none of " +
      "the package's files. The package is not used; import it again or reproduce it from its run.",
  },
  MW0605: {
    title: "package file missing",
    exit: 3,
    http: 500,
    about: "A file of a model package is not in the store. The package is not used.",
  },
  MW0606: {
    title: "package file malformed",
    exit: 3,
    http: 500,
    about:
      "The manifest or the probe set of a package does not have the form that the format prescribes: a field is " +
      "missing, unknown or of the wrong type, or the manifest is not canonical JSON.",
  },
  MW0607: {
    title: "package format not supported",
    exit: 3,
    http: 500,
    about: "The package was written in a format that this version of Millwright cannot read.",
  },
  MW0608: {
    title: "probe mismatch",
    exit: 3,
    http: 500,
    about:
      "A model gave another output for a stored probe than the one stored with it. The engine computes something " +
      "else than the one that made the package, so the version does not load.",
  },
  MW0609: {
    title: "promotion refused",
    exit: 1,
    http: 409,
    about:
      "The evidence does not allow the alias to move to the version. The refusal is recorded with its evidence " +
      "and its reasons; the alias stays where it is.",
  },
  MW0610: {
    title: "version is in use",
    exit: 1,
    http: 409,
    about: "A version that an alias points at cannot be retired. Promote another version to the alias first.",
  },
  MW0611: {
    title: "bad registry name",
    exit: 2,
    http: 400,
    about:
      "Names of models and aliases begin with a lower-case letter, followed by up to 62 lower-case letters, " +
      "digits, `_`, `.` or `-`.",
  },
});
