import { learningErrors } from "../errors.js";
import { ditherStep } from "./fixed-point.js";
import { kernelFunctions } from "./kernel-code.js";
import { memoryMap } from "./memory-map.js";
import { assemble } from "./wasm-assembler.js";

/** The part of the WebAssembly interface that is used here; Node has it, TypeScript's ES library does not. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, WasmFunction>> };
};

type WasmFunction = (...numbers: number[]) => number;

const pageBytes = 65_536;
const mostPages = 65_536;
/** Every array begins at a multiple of it: a cache line. */
const alignment = 64;

/** Arrays in a thread's WebAssembly memory, and the functions that run over them; addresses are in bytes. */
export interface Kernels {
  readonly buffer: ArrayBuffer;
  readonly run: Readonly<Record<string, WasmFunction>>;
  /** Three float64 at `memoryMap.found`. */
  readonly found: Float64Array;
}

/** Compiled once per thread; a kept worker's next training finds it hot. */
let compiled: object | undefined;

/** Lays out arrays one after the other. Sizes are in bytes; returns each one's address and the end. */
export function layOut<Name extends string>(
  sizes: Readonly<Record<Name, number>>,
): { readonly at: Readonly<Record<Name, number>>; readonly end: number } {
  let end: number = Math.ceil(memoryMap.free / alignment) * alignment;
  const at = {} as Record<Name, number>;
  for (const name of Object.keys(sizes) as Name[]) {
    at[name] = end;
    end = Math.ceil((end + sizes[name]) / alignment) * alignment;
  }
  return { at, end };
}

/** Memory of so many bytes with the kernels in it. Throws MW0412. */
export function openKernels(bytes: number): Kernels {
  const pages = Math.ceil(bytes / pageBytes);
  if (pages > mostPages) {
    throw learningErrors.error("MW0412", {
      expected: "at most 4 GB for the rows of one training thread",
      found: `${(bytes / 2 ** 30).toFixed(1)} GB`,
      remedy: "Train on more threads, or on fewer rows, features or leaves.",
    });
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  compiled ??= new WebAssembly.Module(assemble(kernelFunctions(ditherStep)));
  const instance = new WebAssembly.Instance(compiled, { host: { memory } });
  const found = new Float64Array(memory.buffer, memoryMap.found, 3);
  return Object.freeze({ buffer: memory.buffer, run: instance.exports, found });
}
