import type { RecordOf, Schema } from "../kernel/index.js";

/** The part of a model definition from which the client's types come. */
export interface ModelLike {
  readonly name: string;
  /** Never there at run time. */
  readonly types?: { readonly request: unknown; readonly response: unknown };
}

/** What an answer may say when no configuration tells which task a model has. */
export interface AnyAnswer {
  readonly probability?: number;
  readonly label?: string;
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly value?: number;
  readonly score?: number;
  readonly interval?: readonly [low: number, high: number];
  readonly set?: readonly (string | boolean)[];
}

/** Any models, asked anything. */
export interface AnyConfig extends ConfigLike {
  readonly models: readonly {
    readonly name: string;
    readonly types?: { readonly request: unknown; readonly response: AnyAnswer };
  }[];
}

/** The part of a project's configuration from which the client's types come. */
export interface ConfigLike {
  readonly models: readonly ModelLike[];
}

/** The names of a project's models. */
export type ModelName<Config extends ConfigLike> = Config["models"][number]["name"];

type Named<Model extends ModelLike, Name> = Model extends ModelLike
  ? Name extends Model["name"]
    ? Model
    : never
  : never;
type ModelOf<Config extends ConfigLike, Name> = Named<Config["models"][number], Name>;
type TypesOf<Config extends ConfigLike, Name> = NonNullable<ModelOf<Config, Name>["types"]>;

/** What a model is asked. */
export type RequestOf<Config extends ConfigLike, Name extends ModelName<Config>> = TypesOf<
  Config,
  Name
>["request"];

/** What a model answers, besides the prediction's id and version. */
export type ResponseOf<Config extends ConfigLike, Name extends ModelName<Config>> = TypesOf<
  Config,
  Name
>["response"];

/** What stands in for the answer of a model that could not give one. */
export interface Fallback {
  /** What answered: `simple@3`, `last known` or `default`. */
  readonly by: string;
  /** The code of the error for which the model itself did not answer. */
  readonly because: string;
}

/** One answered prediction. */
export type Prediction<Config extends ConfigLike, Name extends ModelName<Config>> = {
  /** Give it back with the label. */
  readonly id: string;
  readonly model: Name;
  /** The version that was asked, whatever answered. */
  readonly version: string;
  /** Absent where the model itself answered. */
  readonly fallback?: Fallback;
} & ResponseOf<Config, Name>;

/** The sources of a project by name: what `typeof` says of a record of them. */
export type SourcesLike = Readonly<Record<string, { readonly schema: Schema }>>;

/** An event of a source; any object where the sources are not named. */
export type EventOf<Sources extends SourcesLike, Name extends keyof Sources> = string extends keyof Sources
  ? object
  : RecordOf<Sources[Name]["schema"]>;
