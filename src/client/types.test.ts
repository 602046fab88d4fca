import { describe, expectTypeOf, it } from "vitest";
import { t } from "../kernel/index.js";
import { createClient } from "./index.js";
import type {
  Fallback,
  ModelName,
  Prediction,
  PredictionResult,
  RequestOf,
  ResponseOf,
  SourcesLike,
} from "./index.js";

interface Model<Name extends string, Request> {
  readonly name: Name;
  readonly types?: { readonly request: Request; readonly response: { readonly probability: number } };
  readonly trainer: { readonly trees: number };
}

interface Flight {
  origin: string;
  distance: number;
  date: Date | string | number;
  carrier?: string | null;
}

interface Config {
  readonly name: "flights";
  readonly models: readonly [Model<"arrival-delay", Flight>, Model<"no-show", { passengers: number }>];
}

describe("types from a configuration", () => {
  it("finds the names, requests and responses of models", () => {
    expectTypeOf<ModelName<Config>>().toEqualTypeOf<"arrival-delay" | "no-show">();
    expectTypeOf<RequestOf<Config, "arrival-delay">>().toEqualTypeOf<Flight>();
    expectTypeOf<RequestOf<Config, "no-show">>().toEqualTypeOf<{ passengers: number }>();
    expectTypeOf<ResponseOf<Config, "no-show">>().toEqualTypeOf<{ readonly probability: number }>();
  });

  it("infers a request from the model's name", () => {
    const client = createClient<Config>({ url: "http://127.0.0.1:1" });
    expectTypeOf(client.predict<"arrival-delay">)
      .parameter(1)
      .toEqualTypeOf<Flight>();
    expectTypeOf(client.predict<"arrival-delay">).returns.resolves.toEqualTypeOf<
      Prediction<Config, "arrival-delay">
    >();
    expectTypeOf<Prediction<Config, "no-show">["probability"]>().toEqualTypeOf<number>();
    expectTypeOf<Prediction<Config, "no-show">["model"]>().toEqualTypeOf<"no-show">();
    expectTypeOf<Prediction<Config, "no-show">["fallback"]>().toEqualTypeOf<Fallback | undefined>();
    expectTypeOf(client.predictMany<"no-show">).returns.resolves.toEqualTypeOf<
      readonly PredictionResult<Config, "no-show">[]
    >();
    const misuse = () => [
      // @ts-expect-error the project has no such model
      client.predict("arival-delay", {}),
      // @ts-expect-error a field of the wrong type
      client.predict("no-show", { passengers: "3" }),
      // @ts-expect-error a field is missing
      client.predict("arrival-delay", { origin: "JFK" }),
      // @ts-expect-error an unknown field
      client.predict("no-show", { passengers: 3, pilots: 2 }),
    ];
    expectTypeOf(misuse).toBeFunction();
  });

  it("finds the events of sources, where they are named", () => {
    const sources = {
      things: { schema: { at: t.timestamp(), n: t.int(), note: t.string().optional() } },
    };
    expectTypeOf(sources).toExtend<SourcesLike>();
    const client = createClient<Config, typeof sources>({ url: "http://127.0.0.1:1" });
    const use = () => [
      client.ingest("things", [
        { at: "2001-01-01", n: 1 },
        { at: new Date(0), n: 2, note: null },
      ]),
      // @ts-expect-error a field of the wrong type
      client.ingest("things", [{ at: 0, n: "x" }]),
      // @ts-expect-error a field is missing
      client.ingest("things", [{ at: 0 }]),
      // @ts-expect-error an unknown field
      client.ingest("things", [{ at: 0, n: 1, m: 2 }]),
      // @ts-expect-error no such source
      client.ingest("thing", []),
    ];
    expectTypeOf(use).toBeFunction();
    const any = createClient<Config>({ url: "http://127.0.0.1:1" });
    expectTypeOf(any.ingest<string>)
      .parameter(1)
      .toEqualTypeOf<readonly object[]>();
  });

  it("admits any name and request without a configuration", () => {
    const client = createClient({ url: "http://127.0.0.1:1" });
    expectTypeOf(client.predict<string>)
      .parameter(0)
      .toEqualTypeOf<string>();
    expectTypeOf(client.predict<string>)
      .parameter(1)
      .toEqualTypeOf<unknown>();
    expectTypeOf(client.predict<string>)
      .returns.resolves.toHaveProperty("probability")
      .toEqualTypeOf<number | undefined>();
  });
});
