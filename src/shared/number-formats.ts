/** @file The float formats f16 and bf16 (the upper half of an f32), for the processor. */

const floatCell = new Float32Array(1);
const bitsCell = new Uint32Array(floatCell.buffer);

function floatOf(bits: number): number {
  bitsCell[0] = bits;
  return floatCell[0] ?? NaN;
}

function bitsOf(value: number): number {
  floatCell[0] = value;
  return bitsCell[0] ?? 0;
}

/** `bits / 2^shift`, rounded to the nearest whole number, ties to even. Exact for bits below 2^31. */
function roundShift(bits: number, shift: number): number {
  const kept = bits >>> shift;
  const rest = bits & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

const F32_INFINITY = 0x7f800000;
/** The smallest normal f16, 2^-14, as f32 bits. */
const F16_MIN_NORMAL = 0x38800000;
/** The difference of the exponent biases, 127 - 15, in the exponent field of f32. */
const F16_REBIAS = 112 << 23;

/** The number that f16 bits stand for. It is exact; NaN keeps its payload only if the JavaScript engine keeps it. */
export function f16ToF32(code: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >>> 10) & 31;
  const mantissa = code & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return floatOf((((code & 0x8000) << 16) | (((code & 0x7fff) << 13) + F16_REBIAS)) >>> 0);
}

/** The bits of the f16 that is nearest to an f32, ties to even. Numbers of 65,520 and more become infinity. */
export function f32ToF16(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > F32_INFINITY) return sign | 0x7e00;
  if (magnitude < F16_MIN_NORMAL) return sign | subnormalF16(magnitude);
  return sign | Math.min(roundShift(magnitude - F16_REBIAS, 13), 0x7c00);
}

/** The bits of the nearest f16 of each number, as `f32ToF16` has them, for many numbers in a fifth of the time. */
export function f16Codes(values: Float32Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = values;
  const allBits = new Uint32Array(buffer, byteOffset, length);
  const codes = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const bits = allBits[i] ?? 0;
    const magnitude = bits & 0x7fffffff;
    const isNormal = magnitude >= F16_MIN_NORMAL && magnitude < F32_INFINITY;
    // Adds just less than half of what is cut off, or half of it where the last kept bit is odd.
    const rounded = magnitude - F16_REBIAS + 0xfff + ((magnitude >>> 13) & 1);
    const code = isNormal ? Math.min(rounded >>> 13, 0x7c00) : f32ToF16(values[i] ?? 0) & 0x7fff;
    codes[i] = ((bits >>> 16) & 0x8000) | code;
  }
  return codes;
}

/** The bits of a multiple of 2^-24. It may round up to the smallest normal number, whose bits are the next ones. */
function subnormalF16(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  return roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** The number that bf16 bits stand for. It is exact. */
export function bf16ToF32(code: number): number {
  return floatOf((code << 16) >>> 0);
}

/** The bits of the bf16 that is nearest to an f32, ties to even. */
export function f32ToBf16(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  return magnitude > F32_INFINITY ? sign | 0x7fc0 : sign | roundShift(magnitude, 16);
}

/** The little-endian bytes of numbers. */
export function encodeFloats(
  values: Float32Array,
  dtype: "f16" | "bf16" | "f32",
): Uint8Array<ArrayBuffer> {
  if (dtype === "f32") return new Uint8Array(values.slice().buffer);
  const encode = dtype === "f16" ? f32ToF16 : f32ToBf16;
  // This and the function below loop, as `from` uses the iterator protocol, which is ten times slower.
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < codes.length; i++) codes[i] = encode(values[i] ?? NaN);
  return new Uint8Array(codes.buffer);
}

/** The numbers that little-endian bytes stand for. The bytes may have any alignment. */
export function decodeFloats(
  bytes: Uint8Array,
  dtype: "f16" | "bf16" | "f32",
): Float32Array<ArrayBuffer> {
  // The bytes are not copied by slice(), as that of Node's Buffer gives a view of its pool.
  const aligned = new Uint8Array(bytes).buffer;
  if (dtype === "f32") return new Float32Array(aligned);
  const decode = dtype === "f16" ? f16ToF32 : bf16ToF32;
  const codes = new Uint16Array(aligned);
  const values = new Float32Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = decode(codes[i] ?? 0);
  return values;
}
