/** The messages as the decoder gives them: longs as decimal digits, empty fields present with their defaults. */

export interface Named {
  readonly name: string;
  readonly version: string;
}

/** At most one field is there. */
export interface Parameter {
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly uint64_param?: string;
  readonly double_param?: number;
  readonly string_param?: string;
  readonly bytes_param?: Buffer;
}

export type Parameters = Readonly<Record<string, Parameter>>;

export interface TensorContents {
  readonly bool_contents: readonly boolean[];
  readonly int_contents: readonly number[];
  readonly int64_contents: readonly string[];
  readonly uint_contents: readonly number[];
  readonly uint64_contents: readonly string[];
  readonly fp32_contents: readonly number[];
  readonly fp64_contents: readonly number[];
  readonly bytes_contents: readonly Buffer[];
}

export interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
  readonly parameters: Parameters;
  readonly contents: TensorContents | null;
}

export interface InferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly InputTensor[];
  readonly outputs: readonly { readonly name: string; readonly parameters: Parameters }[];
  /** Views into the message. */
  readonly raw_input_contents: readonly Buffer[];
}

export interface InferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
  }[];
  readonly raw_output_contents: readonly Uint8Array[];
}

export interface StreamInferResponse {
  readonly error_message: string;
  readonly infer_response: Partial<InferResponse>;
}

export interface RepositoryIndexRequest {
  readonly repository_name: string;
  readonly ready: boolean;
}

export interface RepositoryCallRequest {
  readonly repository_name: string;
  readonly model_name: string;
  readonly parameters: Parameters;
}
