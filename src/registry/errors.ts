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
    about:
      "A version that an alias points at cannot be archived, nor can the champion be rejected. Promote another " +
      "version to the alias first.",
  },
  MW0611: {
    title: "bad registry name",
    exit: 2,
    http: 400,
    about:
      "Names of models and aliases begin with a lower-case letter, followed by up to 62 lower-case letters, " +
      "digits, `_`, `.` or `-`.",
  },
  MW0612: {
    title: "audit log broken",
    exit: 1,
    http: 500,
    about:
      "An entry of the audit log was changed, removed, put in or moved: it does not follow from the entries " +
      "before it. The message names the first bad entry; what stands before it can be relied on.",
  },
  MW0613: {
    title: "audit log cut short",
    exit: 1,
    http: 500,
    about:
      "The chain of the audit log holds, but it does not contain the head that was noted earlier: entries at its " +
      "end were removed, or the whole log was written anew.",
  },
  MW0614: {
    title: "registry differs from its audit log",
    exit: 1,
    http: 500,
    about:
      "Versions, aliases or decisions are not what the audit log says: somebody changed the database past the " +
      "registry, or a decision does not follow from its recorded inputs.",
  },
  MW0615: {
    title: "approval missing",
    exit: 1,
    http: 409,
    about:
      "The evidence suffices, but fewer people than the configuration asks for approved this very package on this " +
      "very evidence. The version waits as a candidate.",
  },
  MW0616: {
    title: "version does not wait for approval",
    exit: 1,
    http: 409,
    about:
      "An approval is about one package and the evidence that it was judged on last. The version was not judged, " +
      "was refused, needs no approval, was judged again on other evidence, or is rejected or archived.",
  },
  MW0617: {
    title: "stage has ended",
    exit: 1,
    http: 409,
    about: "A version that is archived stays archived; it can neither be rejected nor used again.",
  },
  MW0618: {
    title: "bad version reference",
    exit: 2,
    http: 400,
    about: "A version is named by its model, or by model, `@` and a number, a semantic version or an alias.",
  },
  MW0619: {
    title: "bad name or reason",
    exit: 2,
    http: 400,
    about:
      "Whoever approves, rejects or holds gives a name and a reason, one line each of at most 200 characters.",
  },
  MW0630: {
    title: "package of another kind",
    exit: 1,
    http: 409,
    about:
      "The verb needs a model that was trained on features of the project, and the version is a graph that was " +
      "imported: it has tensors, and neither features nor data nor metrics.",
  },
  MW0631: {
    title: "graph without plain tensors",
    exit: 2,
    http: 422,
    about:
      "An input or output of an imported graph is a sequence, a map, an optional or a tensor of a type that is not " +
      "float32, float64, int32, int64, uint8, bool or string, or its name has control characters. Export the model without it: for scikit-learn's " +
      "classifiers, with `options={id(model): {'zipmap': False}}`.",
  },
  MW0632: {
    title: "graph without inputs or outputs",
    exit: 2,
    http: 422,
    about: "An imported graph takes nothing or gives nothing, so there is nothing to register.",
  },
  MW0633: {
    title: "bad probe file",
    exit: 2,
    http: 422,
    about:
      "The probes of an imported model are `{ probes: [{ inputs, outputs }], tolerance }`, with one value, or nested " +
      "lists of values, for every input of the graph. `outputs` may be left out; then they are recorded.",
  },
  MW0634: {
    title: "probe too large to make",
    exit: 2,
    http: 422,
    about:
      "The inputs of an imported graph have fixed dimensions of more than four million elements, too many to make " +
      "up and to keep. Give the probes yourself, or export the graph with smaller dimensions.",
  },
});
