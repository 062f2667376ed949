import { createRandom, Sampler, samplerSettings } from "../../model/sampler.ts";
import type { StepOutput } from "../../model/forward/transformer.ts";
import type { SamplingOptions } from "../../protocol/engine-api.ts";
import type { RunnableModel, TextModel } from "../sequence/prepared-model.ts";

/** What choosing tokens needs of a model. */
type ChoosingModel = Pick<RunnableModel, "transformer"> & Pick<TextModel, "config" | "info">;

/** How the tokens of one turn are chosen. */
export interface TokenChooser {
  /** What each step has to leave: a greedy choice is made on the GPU, and only the token is read back. */
  output: Exclude<StepOutput, "none">;
  /** The token that follows the last step. */
  choose(): Promise<number>;
}

/** @param prompt its tokens count as seen for the repetition penalty */
export function createChooser(
  { transformer, config, info }: ChoosingModel,
  options: SamplingOptions,
  prompt: readonly number[],
): TokenChooser {
  const settings = samplerSettings(options, info.sampling);
  if (settings.temperature === 0 && settings.repetitionPenalty === 1)
    return { output: "token", choose: () => transformer.readToken() };

  const sampler = new Sampler(config.activeVocab);
  const seen = new Set(prompt);
  const random = createRandom(options.seed ?? randomSeed());
  return {
    output: "logits",
    async choose() {
      const token = sampler.sample(await transformer.readLogits(), settings, seen, random);
      seen.add(token);
      return token;
    },
  };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
