import { createRandom, Sampler, samplerSettings } from "../../model/sampler.ts";
import type { StepOutput, Transformer } from "../../model/forward/transformer.ts";
import type { SamplingOptions } from "../../protocol/engine-api.ts";
import type { TextModel } from "../sequence/prepared-model.ts";

/** How the tokens of one turn are chosen, whichever device computes what they are chosen from. */
export interface TokenChooser {
  /** What each step has to leave: a greedy choice is made on the GPU, and only the token is read back. */
  output: Exclude<StepOutput, "none">;
  /** The token that follows the last step. */
  choose(transformer: Pick<Transformer, "readToken" | "readLogits">): Promise<number>;
}

/** @param prompt its tokens count as seen for the repetition penalty */
export function createChooser(
  { config, info }: Pick<TextModel, "config" | "info">,
  options: SamplingOptions,
  prompt: readonly number[],
): TokenChooser {
  const settings = samplerSettings(options, info.sampling);
  if (settings.temperature === 0 && settings.repetitionPenalty === 1)
    return { output: "token", choose: (transformer) => transformer.readToken() };

  const sampler = new Sampler(config.activeVocab);
  const seen = new Set(prompt);
  const random = createRandom(options.seed ?? randomSeed());
  return {
    output: "logits",
    async choose(transformer) {
      const token = sampler.sample(await transformer.readLogits(), settings, seen, random);
      seen.add(token);
      return token;
    },
  };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
