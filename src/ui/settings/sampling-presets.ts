import { t } from "@lingui/core/macro";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";

type Sampling = Pick<ConversationSettings, "temperature" | "topP" | "repetitionPenalty">;

export type SamplingPreset = "model" | "precise" | "balanced" | "creative" | "own";

/** What each preset sets. The model's own values hold where it sets nothing. */
const PRESETS: Record<Exclude<SamplingPreset, "own">, Sampling> = {
  model: {},
  precise: { temperature: 0.2, topP: 0.9 },
  balanced: { temperature: 0.7, topP: 0.95 },
  creative: { temperature: 1.1, topP: 0.98 },
};

export const SAMPLING_PRESETS = ["model", "precise", "balanced", "creative"] as const;

/** The preset that these settings are; `own` where they are none. */
export function samplingPresetOf(settings: ConversationSettings): SamplingPreset {
  const isSame = (preset: Sampling) =>
    settings.temperature === preset.temperature &&
    settings.topP === preset.topP &&
    settings.repetitionPenalty === preset.repetitionPenalty;
  return SAMPLING_PRESETS.find((name) => isSame(PRESETS[name])) ?? "own";
}

/** The settings with tokens chosen as a preset says, and all else as it is. */
export function withSampling(
  { systemPrompt, maxTokens }: ConversationSettings,
  preset: Exclude<SamplingPreset, "own">,
): ConversationSettings {
  return {
    ...(systemPrompt !== undefined && { systemPrompt }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...PRESETS[preset],
  };
}

export function samplingPresetName(preset: SamplingPreset): string {
  switch (preset) {
    case "model":
      return t`As the model has it`;
    case "precise":
      return t`Precise`;
    case "balanced":
      return t`Balanced`;
    case "creative":
      return t`Creative`;
    case "own":
      return t`Your own`;
  }
}
