import type { SamplingOptions } from "./engine-api.ts";

/** How the model answers in one conversation. What is absent is as the model has it. */
export interface ConversationSettings {
  /** What the model is told before the conversation; never blank. */
  systemPrompt?: string;
  /** 0 is greedy. */
  temperature?: number;
  /** Only the smallest set of tokens whose probability reaches this is chosen from. */
  topP?: number;
  /** Makes tokens that were seen less likely; 1 changes nothing. */
  repetitionPenalty?: number;
  /** Tokens of an answer, its reasoning included, at which it ends. */
  maxTokens?: number;
}

/** The settings that are numbers. */
export type NumberSetting = Exclude<keyof ConversationSettings, "systemPrompt">;

interface Bounds {
  min: number;
  max: number;
  isWhole: boolean;
}

/** Where the numbers lie. At a higher temperature nearly all tokens are equally likely, and the text is noise. */
export const SETTING_BOUNDS: Readonly<Record<NumberSetting, Bounds>> = {
  temperature: { min: 0, max: 2, isWhole: false },
  topP: { min: 0.01, max: 1, isWhole: false },
  repetitionPenalty: { min: 1, max: 2, isWhole: false },
  maxTokens: { min: 1, max: 32_768, isWhole: true },
};

/** Letters of a system prompt: about as many tokens as a usual context has would be a fifth of this. */
export const MAX_SYSTEM_PROMPT = 20_000;

const NUMBER_SETTINGS = Object.keys(SETTING_BOUNDS) as NumberSetting[];

export function isSettingOf(name: NumberSetting, value: unknown): value is number {
  const { min, max, isWhole } = SETTING_BOUNDS[name];
  const isNumber = typeof value === "number" && value >= min && value <= max;
  return isNumber && (!isWhole || Number.isInteger(value));
}

/** Checks settings that were stored or imported: what is impossible is left out. Undefined if nothing is set. */
export function asSettings(value: unknown): ConversationSettings | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = new Map(Object.entries(value) as [string, unknown][]);
  const settings: ConversationSettings = {};
  const systemPrompt = fields.get("systemPrompt");
  if (typeof systemPrompt === "string" && systemPrompt.trim() !== "")
    settings.systemPrompt = systemPrompt.slice(0, MAX_SYSTEM_PROMPT);
  for (const name of NUMBER_SETTINGS) {
    const number = fields.get(name);
    if (isSettingOf(name, number)) settings[name] = number;
  }
  return Object.keys(settings).length > 0 ? settings : undefined;
}

/** The settings that choose tokens, as an engine takes them. */
export function samplingOf(settings: ConversationSettings): SamplingOptions {
  const sampling: SamplingOptions = {};
  for (const name of NUMBER_SETTINGS) {
    const value = settings[name];
    if (value !== undefined) sampling[name] = value;
  }
  return sampling;
}
