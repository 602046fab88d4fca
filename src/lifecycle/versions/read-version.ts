import type { Canonical, FieldKind } from "../../kernel/index.js";
import {
  cardText,
  parseReference,
  readPackage,
  stageOf,
  tensorText,
  type Manifest,
  type ModelContract,
  type ModelPackage,
  type ModelVersion,
  type RequestField,
  type Signature,
  type Stage,
  type TensorManifest,
} from "../../registry/index.js";
import type { Project } from "../project.js";

/** All versions of all models with their stages, by model, the newest first. */
export async function listVersions({
  registry,
}: Pick<Project, "registry">): Promise<(ModelVersion & { readonly stage: Stage })[]> {
  const models = await registry.models();
  const versions = (await Promise.all(models.map((model) => registry.list(model)))).flat();
  return versions.map((version) => ({ ...version, stage: stageOf(version.state) }));
}

/** A version as people name it: `churn` and `1.2.0`, or `churn@1.2.0` alone; the champion by default. Throws MW0618. */
export function versionNamed(model: string, ref?: string): { readonly model: string; readonly ref: string } {
  const named = parseReference(ref === undefined ? model : `${model}@${ref}`);
  return { model: named.model, ref: named.ref ?? "champion" };
}

/** A registered version, its package, every hash verified, and its card for a terminal. Throws MW0601 to MW0607. */
export async function readVersion(
  project: Project,
  { model, ref = "champion" }: { readonly model: string; readonly ref?: string },
): Promise<{ readonly version: ModelVersion; readonly package: ModelPackage; readonly cardText: string }> {
  const version = await project.registry.resolve(model, ref);
  const found = await readPackage(version.packageId, project.blobs);
  return { version, package: found, cardText: cardText(found.card) };
}

/** The contract of a model as its package keeps it: `ModelDefinition.contract` after a way through JSON. */
interface StoredContract {
  readonly task: Readonly<Record<string, Canonical>>;
  readonly features: {
    readonly groups: readonly StoredGroup[];
    readonly request: readonly ({ readonly name: string } & RequestField)[];
    readonly derived: readonly { readonly name: string; readonly expression: Canonical }[];
  };
}

interface StoredGroup {
  readonly name: string;
  readonly keys?: readonly string[];
  readonly views: readonly {
    readonly keyColumn?: string;
    readonly keyColumns?: readonly string[];
    readonly clock: Canonical;
    readonly source: { readonly schema: Readonly<Record<string, RequestField>> } & Readonly<
      Record<string, Canonical>
    >;
    readonly features: readonly ({ readonly name: string } & Readonly<Record<string, Canonical>>)[];
  }[];
}

/** What a package promises, for its semantic version. When a label is final is no part of the promise. */
export function contractOf(manifest: Manifest): ModelContract {
  if (manifest.kind === "tensors") return tensorContract(manifest);
  const { signature, features } = manifest;
  const { outputs } = signature;
  const definition = features.definition;
  if (!isStored(definition)) return plainContract(signature);
  const { matureAfterMs: _, ...task } = definition.task;
  const { groups, request, derived } = definition.features;
  const declared = request.map(({ name, ...field }) => [name, field] as const);
  const computed = derived.map(({ name, expression }) => [name, { expression }] as const);
  return {
    request: Object.fromEntries([...groups.flatMap(keyFields), ...declared]),
    response: { task, outputs },
    features: Object.fromEntries([
      ...groups.flatMap(windowFeatures),
      ...declared
        .filter(([, { kind }]) => kind !== "timestamp")
        .map(([name, { kind }]) => [name, { request: kind }] as const),
      ...computed,
    ]),
  };
}

const fieldKinds: Readonly<Record<string, FieldKind>> = {
  ...{ int32: "int", int64: "int", uint8: "int" },
  ...{ float32: "float", float64: "float", bool: "bool", string: "string" },
};

/** A graph that was imported is asked for its inputs; each must be given. */
function tensorContract({ signature: { inputs, outputs } }: TensorManifest): ModelContract {
  const request = inputs.map(({ name, dtype, shape }): [string, RequestField] => [
    name,
    { kind: fieldKinds[dtype], nullable: false, tensor: tensorText({ dtype, shape }) },
  ]);
  return { request: Object.fromEntries(request), response: { outputs }, features: {} };
}

function isStored(definition: unknown): definition is StoredContract {
  if (typeof definition !== "object" || definition === null) return false;
  const { task, features } = definition as Partial<StoredContract>;
  return typeof task === "object" && Array.isArray(features?.groups);
}

/** A package without a feature set takes its columns as they are. */
function plainContract({ columns, outputs }: Signature): ModelContract {
  const kinds: Readonly<Record<string, FieldKind>> = { number: "float", text: "string" };
  return {
    request: Object.fromEntries(
      columns.map(({ name, kind }) => [name, { kind: kinds[kind], nullable: kind === "number" }]),
    ),
    response: { outputs },
    features: Object.fromEntries(columns.map(({ name, kind }) => [name, { request: kind }])),
  };
}

function keyFields({ name, keys = [name], views }: StoredGroup): [string, RequestField][] {
  return views.flatMap(({ keyColumn = "", keyColumns = [keyColumn], source }) =>
    keys.map((key, part): [string, RequestField] => [
      key,
      { ...source.schema[keyColumns[part]], nullable: false },
    ]),
  );
}

function windowFeatures({ name: group, views }: StoredGroup): [string, Canonical][] {
  return views.flatMap(({ features, ...view }) =>
    features.map(({ name, ...feature }): [string, Canonical] => [`${group}_${name}`, { feature, view }]),
  );
}
