import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";
import { linearUniforms } from "./linear-uniforms.ts";

/** Numbers that a thread normalises at a time. */
const GRAIN = 8192;

export const rmsNorm: ProcessorKernel = (request) => {
  const [x, gain, y] = ["x", "gain", "y"].map((name) => boundBuffer(request, name).at);
  const uniforms = linearUniforms(request);
  return (_grid, run) => {
    const { columns, epsilon, tokens } = uniforms();
    const words = [x ?? 0, gain ?? 0, y ?? 0, columns, epsilon];
    run("rmsNorm", words, tokens, Math.ceil(GRAIN / columns));
  };
};
