import { MATVEC_BROADCAST, linearParams } from "../../../shaders/forward/linear.ts";
import { weightBytes } from "../../../shaders/forward/weight-format.ts";
import { storageBuffer, uploadUniform } from "../../device/buffers.ts";
import { dispatchAll, submit } from "../../device/commands.ts";
import type { Hardware } from "../../device/device.ts";
import { bindKernel, compileKernel } from "../../device/kernel.ts";

/** How long is measured, in ms, after one pass that only warms up. */
const MEASURED_MS = 100;
/** A matrix as large as those of a small model, in 4 bits, and so many of them that caches do not hold them. */
const SHAPE = { rows: 2048, columns: 2048 };
const MATRICES = 16;
const FORMAT = "affine4-f16";

/** Weights of 4 bits that a device multiplies in a millisecond with one token's numbers. It takes a tenth of a second. */
export async function measureProducts({ device }: Hardware): Promise<number> {
  const { codes, scales } = weightBytes(FORMAT, SHAPE);
  const source = MATVEC_BROADCAST.source(FORMAT, "store", { norm: false });
  const kernel = await compileKernel(device, source);
  const [x, y] = ["x", "y"].map((label) => storageBuffer(device, label, SHAPE.rows * 4));
  if (!x || !y) return 0;
  const params = uploadUniform(device, "params", linearParams(SHAPE));
  const step = uploadUniform(device, "step", Uint32Array.of(0, 1, 1));
  const stages = Array.from({ length: MATRICES }, (_, i) => {
    const weights = storageBuffer(device, `weights ${i}`, codes + scales);
    return {
      bound: bindKernel(device, kernel, { weights, x, gain: x, y, params, step }),
      grid: () => [1] as const,
    };
  });
  const pass = async () => {
    submit(device, (encoder) => {
      dispatchAll(encoder, stages);
    });
    await device.queue.onSubmittedWorkDone();
  };
  await pass();
  const startMs = performance.now();
  let passes = 0;
  while (passes === 0 || performance.now() - startMs < MEASURED_MS) {
    await pass();
    passes++;
  }
  const weights = passes * MATRICES * SHAPE.rows * SHAPE.columns;
  return weights / (performance.now() - startMs);
}
