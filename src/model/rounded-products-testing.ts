/** @file A device whose matrix products are rounded to f16 before anything else is done to them. */

import { halfBits, halfValue } from "../../shaders/exact-f16.ts";
import { boundBuffer, uniformWords } from "../cpu/dispatches/bound-buffer.ts";
import { KERNEL_TABLE } from "../cpu/kernel-table.ts";
import type { ProcessorKernel } from "../cpu/processor-kernel.ts";
import type { Device } from "../device/device.ts";
import type { KernelSource } from "../device/kernel.ts";
import { assert } from "../shared/assert.ts";

/** Largest finite f16. */
const MAX_HALF = "65504.0";

/** Rounds every result of a matrix product to f16, on either device. */
export function roundProducts(device: Device): Device {
  return new Proxy(device, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "compileKernel") return value.bind(target) as unknown;
      return (source: KernelSource<string>) => target.compileKernel(roundingSource(source));
    },
  });
}

const WRITES = "fn write_quad(";

function roundingSource(source: KernelSource<string>): KernelSource<string> {
  if (!source.wgsl.some((wgsl) => wgsl.includes(WRITES))) return source;
  const name = `rounded ${source.name}`;
  const kernel = KERNEL_TABLE.get(source.name);
  assert(kernel !== undefined, `there is no kernel ${source.name}`);
  KERNEL_TABLE.set(name, rounding(kernel, source.name === "matvec"));
  const wgsl = source.wgsl.map((one) => (one.includes(WRITES) ? roundingWgsl(one) : one));
  return { ...source, name, wgsl };
}

const roundingWgsl = (code: string): string =>
  `${code.replace(WRITES, "fn write_rounded(")}
  fn write_quad(token: u32, quad: u32, v: vec4f) {
    let most = vec4f(${MAX_HALF});
    let kept = clamp(v, -most, most);
    let rounded = vec4f(
      unpack2x16float(pack2x16float(kept.xy)),
      unpack2x16float(pack2x16float(kept.zw)),
    );
    write_rounded(token, quad, rounded);
  }`;

const STORE = 0;

/** The processor's kernel stores its products elsewhere, from where they go on rounded. */
function rounding(kernel: ProcessorKernel, ofOneToken: boolean): ProcessorKernel {
  return (request) => {
    const { memory } = request;
    const [y, params, step] = ["y", "params", "step"].map((name) => boundBuffer(request, name));
    assert(y !== undefined && params !== undefined && step !== undefined, "all are bound");
    return (grid, run) => {
      const [rows = 0, , , output = 0] = uniformWords(request, params, 4);
      const [, stepTokens = 0] = uniformWords(request, step, 2);
      const tokens = ofOneToken ? 1 : stepTokens;
      const products = memory.allocate(4 * rows * tokens);
      assert(products !== undefined, "there is no memory for products");
      uniformWords(request, params, 4)[3] = STORE;
      kernel({ ...request, buffers: { ...request.buffers, y: products } })(grid, run);
      uniformWords(request, params, 4)[3] = output;
      const from = memory.floats.subarray(products.at / 4, products.at / 4 + rows * tokens);
      writeRounded(memory.floats.subarray(y.at / 4), from, { rows, output });
      memory.free(products);
    };
  };
}

const rounded = (value: number): number => halfValue(halfBits(value));

/** What shaders/forward/linear-output.wgsl does with products. @param products [tokens, rows] */
function writeRounded(
  y: Float32Array,
  products: Float32Array,
  { rows, output }: { rows: number; output: number },
): void {
  const half = rows / 2;
  for (let i = 0; i < products.length; i++) {
    const value = rounded(products[i] ?? NaN);
    if (output === 0) y[i] = value;
    if (output === 1) y[i] = (y[i] ?? NaN) + value;
    if (output !== 2 || i % rows >= half) continue;
    const up = rounded(products[i + half] ?? NaN);
    y[Math.floor(i / rows) * half + (i % rows)] = (value / (1 + Math.exp(-value))) * up;
  }
}
