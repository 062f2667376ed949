import type { KernelRequest } from "../../processor-kernel.ts";
import { boundBuffer, uniformWords } from "../bound-buffer.ts";

/** What the uniforms `run` and `group` hold (shaders/transform/basis-group.wgsl). Fractions are the bits of an f32. */
export interface GroupUniforms {
  start: number;
  tokens: number;
  skip: number;
  step: number;
  liveKeys: number;
  live: number;
  layers: number;
  components: readonly [keys: number, values: number];
  forwardUnits: readonly [keys: number, values: number];
  inverseUnits: readonly [keys: number, values: number];
}

export function groupUniforms(request: KernelRequest): GroupUniforms {
  const run = uniformWords(request, boundBuffer(request, "run"), 6);
  const group = uniformWords(request, boundBuffer(request, "group"), 8);
  const [start = 0, tokens = 0, skip = 0, step = 0, liveKeys = 0, live = 0] = run;
  const pair = (at: number) => [group[at] ?? 0, group[at + 1] ?? 0] as const;
  return {
    ...{ start, tokens, skip, step, liveKeys, live },
    layers: group[0] ?? 0,
    components: pair(2),
    forwardUnits: pair(4),
    inverseUnits: pair(6),
  };
}
