import { bitsOf, type KernelRequest } from "../../processor-kernel.ts";
import { boundBuffer, uniformWords } from "../bound-buffer.ts";

/** What the uniforms `params` and `step` of a linear layer hold. */
export interface LinearUniforms {
  rows: number;
  columns: number;
  /** The bits of an f32. */
  epsilon: number;
  /** 0 to store, 1 to add, 2 for SwiGLU. */
  output: number;
  tokens: number;
}

/** Finds the uniforms of a kernel that is bound, and reads them when it is dispatched. */
export function linearUniforms(request: KernelRequest): () => LinearUniforms {
  const params = boundBuffer(request, "params");
  const step = boundBuffer(request, "step");
  return () => {
    const [rows = 0, columns = 0, epsilon = bitsOf(0), output = 0] = uniformWords(
      request,
      params,
      4,
    );
    const [, tokens = 0] = uniformWords(request, step, 2);
    return { rows, columns, epsilon, output, tokens };
  };
}
