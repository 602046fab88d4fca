import { hessianBits } from "./fixed-point.js";
import { memoryMap } from "./memory-map.js";
import {
  f64,
  f64x2,
  get,
  i32,
  i64,
  i64x2,
  loopBelow,
  select,
  set,
  v128,
  when,
  type Code,
  type WasmFunction,
} from "./wasm-assembler.js";

/** Features that one pass over the rows adds up; their sums take 16 KB, a third of the first-level cache. */
export const groupWidth = 8;

const binsPerFeature = 256;

/** For each feature of the group: sum of its row's bin += the row's gradient. */
function addRow(width: number, { at, gradient, slot }: Record<"at" | "gradient" | "slot", number>): Code {
  return Array.from({ length: width }, (_, k) => {
    const offset = memoryMap.packedSums + 8 * binsPerFeature * k;
    const sum = i64.add(i64.load(get(slot), offset), get(gradient));
    return [...set(slot, i32.shl(i32.load8(get(at), k), i32.of(3))), ...i64.store(get(slot), sum, offset)];
  }).flat();
}

/** `addRows1` to `addRows8` (rows, count, bins, stride, gradients): the hot path of training. */
function addRows(width: number): WasmFunction {
  const [rows, count, bins, stride, gradients, end, row, gradient, slot] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const body = [
    ...set(row, i32.load(get(rows))),
    ...set(gradient, i64.load(i32.add(get(gradients), i32.shl(get(row), i32.of(3))))),
    ...set(row, i32.add(get(bins), i32.mul(get(row), get(stride)))),
    ...addRow(width, { at: row, gradient, slot }),
  ];
  return {
    name: `addRows${width}`,
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", "i64", "i32"],
    body: [
      ...set(end, i32.add(get(rows), i32.shl(get(count), i32.of(2)))),
      ...loopBelow(rows, { end: get(end), step: 4 }, body),
    ],
  };
}

/** `addRun1` to `addRun8` (count, bins, stride, gradients): the same for neighbouring rows. */
function addRun(width: number): WasmFunction {
  const [count, bins, stride, gradients, end, gradient, slot] = [0, 1, 2, 3, 4, 5, 6];
  const body = [
    ...set(gradient, i64.load(get(gradients))),
    ...addRow(width, { at: bins, gradient, slot }),
    ...set(bins, i32.add(get(bins), get(stride))),
  ];
  return {
    name: `addRun${width}`,
    parameters: ["i32", "i32", "i32", "i32"],
    locals: ["i32", "i64", "i32"],
    body: [
      ...set(end, i32.add(get(gradients), i32.shl(get(count), i32.of(3)))),
      ...loopBelow(gradients, { end: get(end), step: 8 }, body),
    ],
  };
}

/** 2⁵² + 2⁵¹, to whose bits a whole number below 2⁵¹ can be added: less it, as a float64, is the number. */
const magic = 2 ** 52 + 2 ** 51;
const magicBits = new BigInt64Array(Float64Array.of(magic).buffer)[0];

/**
 * `setBins`, `addBins` (packed sums, histogram, bins): puts ΣG and ΣH as pairs of float64, or adds them, and
 * leaves zeros behind. Two bins at a time, so the one after an odd number of bins is set to, or added, zeros.
 */
function unpack(name: "setBins" | "addBins"): WasmFunction {
  const [packed, histogram, count, end, value, g, h] = [0, 1, 2, 3, 4, 5, 6];
  const whole = (part: Code) =>
    f64x2.sub(i64x2.add(part, v128.i64(magicBits)), f64x2.of(f64.of(magic), f64.of(magic)));
  const put = (pair: Code, offset: number) => {
    const sum = name === "setBins" ? pair : f64x2.add(pair, v128.load(get(histogram), offset));
    return v128.store(get(histogram), sum, offset);
  };
  const body = [
    ...set(value, v128.load(get(packed))),
    ...v128.store(get(packed), v128.i64(0n)),
    ...set(g, whole(i64x2.shr(get(value), i32.of(hessianBits)))),
    ...set(h, whole(v128.and(get(value), v128.i64(2n ** BigInt(hessianBits) - 1n)))),
    ...put(f64x2.firsts(get(g), get(h)), 0),
    ...put(f64x2.seconds(get(g), get(h)), 16),
    ...set(histogram, i32.add(get(histogram), i32.of(32))),
  ];
  return {
    name,
    parameters: ["i32", "i32", "i32"],
    locals: ["i32", "v128", "v128", "v128"],
    body: [
      ...set(end, i32.add(get(packed), i32.shl(get(count), i32.of(3)))),
      ...loopBelow(packed, { end: get(end), step: 16 }, body),
    ],
  };
}

/** (from, part, bytes): one histogram less another, in place. */
function subtract(): WasmFunction {
  const [from, part, bytes, end] = [0, 1, 2, 3];
  const body = [
    ...v128.store(get(from), f64x2.sub(v128.load(get(from)), v128.load(get(part)))),
    ...set(part, i32.add(get(part), i32.of(16))),
  ];
  return {
    name: "subtract",
    parameters: ["i32", "i32", "i32"],
    locals: ["i32"],
    body: [
      ...set(end, i32.add(get(from), get(bytes))),
      ...loopBelow(from, { end: get(end), step: 16 }, body),
    ],
  };
}

/** Above what rounding does to either side of a comparison. */
const safely = 1 - 1e-12;

/** The scan of one feature one way, from `at` up to `end`. */
function scanBins(locals: Record<ScanLocal, number>): Code {
  const { at, end, first, feature, way, least, l2, allG, allH } = locals;
  const { most, bar, found, left, right, squares, curvature } = locals;
  const sum = (pair: Code) => f64.add(f64x2.lane(pair, 0), f64x2.lane(pair, 1));
  const swapped = f64x2.of(f64x2.lane(get(curvature), 1), f64x2.lane(get(curvature), 0));
  const product = f64.mul(f64x2.lane(get(curvature), 0), f64x2.lane(get(curvature), 1));
  const value = sum(f64x2.div(get(squares), get(curvature)));
  const bin = i32.add(i32.shrUnsigned(i32.sub(get(at), get(first)), i32.of(4)), i32.of(1));
  const judge = when(f64.more(value, get(most)), [
    ...set(most, value),
    ...set(bar, f64.mul(get(most), f64.of(safely))),
    ...set(found, i32.add(i32.shl(get(feature), i32.of(9)), i32.add(i32.shl(bin, i32.of(1)), get(way)))),
    ...v128.store(i32.of(memoryMap.found), get(left)),
  ]);
  const g = f64x2.firsts(get(left), get(right));
  const estimate = [
    ...set(squares, f64x2.mul(g, g)),
    ...set(curvature, f64x2.add(f64x2.seconds(get(left), get(right)), f64x2.of(get(l2), get(l2)))),
    ...when(f64.more(sum(f64x2.mul(get(squares), swapped)), f64.mul(get(bar), product)), judge),
  ];
  const split = [
    ...set(right, f64x2.sub(f64x2.of(get(allG), get(allH)), get(left))),
    ...when(f64.atLeast(f64x2.lane(get(right), 1), get(least)), estimate),
    // Further on the right side only shrinks.
    ...when(f64.less(f64x2.lane(get(right), 1), get(least)), set(at, get(end))),
  ];
  const step = [
    ...set(left, f64x2.add(get(left), v128.load(get(at)))),
    ...when(f64.atLeast(f64x2.lane(get(left), 1), get(least)), split),
  ];
  return loopBelow(at, { end: get(end), step: 16 }, step);
}

const scanParameters = ["histogram", "offsets", "wanted", "feature", "stop"] as const;
const scanSums = ["allG", "allH", "least", "l2", "most"] as const;
const scanPlaces = ["at", "end", "first", "way", "ways", "found"] as const;
const scanPairs = ["left", "right", "squares", "curvature", "missing"] as const;
type ScanLocal =
  (typeof scanParameters | typeof scanSums | typeof scanPlaces | typeof scanPairs)[number] | "bar";

/**
 * (histogram, offsets of the features, which are wanted, first feature, the one after the last, ΣG and ΣH of the node,
 * least ΣH of a side, penalty, value to beat) → 512 × feature + 2 × bin + 1 if the missing go left, of the split with
 * the greatest value, or 0 if none beats it; the bin is the last on the left, from 1. Of equals the first, missing
 * right before missing left. Leaves the left side's ΣG and ΣH and the value at `memoryMap.found`. The value
 * a²/b + c²/d is divided out only where a²d + c²b says that it may be the greatest: divisions take the most time.
 */
function scanNumbers(): WasmFunction {
  const names = [...scanParameters, ...scanSums, ...scanPlaces, "bar", ...scanPairs] as const;
  const locals = Object.fromEntries(names.map((name, i) => [name, i])) as Record<ScanLocal, number>;
  const { histogram, offsets, wanted, feature, stop, most, bar, found } = locals;
  const { at, end, first, way, ways, left, missing } = locals;
  const offset = i32.add(get(offsets), i32.shl(get(feature), i32.of(2)));
  const placeOf = (number: Code) => i32.add(get(histogram), i32.shl(number, i32.of(4)));
  const zeros = v128.i64(0n);
  const scanOneWay = [
    ...set(left, select(get(missing), zeros, get(way))),
    ...set(at, get(first)),
    ...scanBins(locals),
  ];
  const scanFeature = [
    ...set(first, i32.add(placeOf(i32.load(offset)), i32.of(16))),
    ...set(end, placeOf(i32.load(offset, 4))),
    ...set(missing, v128.load(i32.sub(get(first), i32.of(16)))),
    ...set(ways, i32.add(v128.any(get(missing)), i32.of(1))),
    ...set(way, i32.of(0)),
    ...loopBelow(way, { end: get(ways), step: 1 }, scanOneWay),
  ];
  return {
    name: "scanNumbers",
    parameters: [...scanParameters.map(() => "i32" as const), ...scanSums.map(() => "f64" as const)],
    result: "i32",
    locals: [...scanPlaces.map(() => "i32" as const), "f64", ...scanPairs.map(() => "v128" as const)],
    body: [
      ...set(bar, f64.mul(get(most), f64.of(safely))),
      ...loopBelow(
        feature,
        { end: get(stop), step: 1 },
        when(i32.load8(i32.add(get(wanted), get(feature))), scanFeature),
      ),
      ...f64.store(i32.of(memoryMap.found), get(most), 16),
      ...get(found),
    ],
  };
}

const widths = Array.from({ length: groupWidth }, (_, k) => k + 1);

/** The functions that build histograms and look for splits in them. */
export const histogramFunctions = (): readonly WasmFunction[] => [
  ...widths.map(addRows),
  ...widths.map(addRun),
  unpack("setBins"),
  unpack("addBins"),
  subtract(),
  scanNumbers(),
];
