import type { SamplingDefaults } from "../protocol/engine-api.ts";
import { JsonReader, type Bounds } from "../shared/json-reader.ts";
import { parseJson } from "../shared/parse-json.ts";

/** What is read here of `mlc-chat-config.json`. WebLLM reads the rest of it. */
export interface WebLlmConfig {
  architecture: string;
  quantization: string;
  /** Positions that the configuration states; undefined if it states none. */
  contextTokens: number | undefined;
  /** The file of the tokenizer that WebLLM reads. */
  tokenizerFile: "tokenizer.json" | "tokenizer.model";
  sampling: SamplingDefaults;
  /** Whether the chat template writes the mark with which a reasoning begins. */
  beginsInReasoning: boolean;
  /** Whether the chat template has a place for a system message. */
  takesSystem: boolean;
}

const CONTEXT_TOKENS: Bounds = { min: 1, max: 2 ** 24 };
const MAX_TOKENIZER_FILES = 64;

/** Where MLC's templates have the system message, and a whole one if they state none. */
const SYSTEM_PLACE = "{system_message}";

/** Letters of a name that is shown. */
const MAX_NAME = 60;

/** @throws EngineError `model-invalid` */
export function parseWebLlmConfig(text: string, url: string): WebLlmConfig {
  const config = JsonReader.of(parseJson(text, url), url);
  const template = config.has("conv_template") ? config.object("conv_template") : undefined;
  const files = config.strings("tokenizer_files", { most: MAX_TOKENIZER_FILES });
  return {
    architecture: config.string("model_type", "unknown").slice(0, MAX_NAME),
    quantization: config.string("quantization", "unknown").slice(0, MAX_NAME),
    contextTokens: config.has("context_window_size")
      ? config.integer("context_window_size", CONTEXT_TOKENS)
      : undefined,
    // WebLLM prefers it in the same way.
    tokenizerFile: files.includes("tokenizer.json") ? "tokenizer.json" : "tokenizer.model",
    sampling: {
      temperature: numberOf(config, "temperature", { min: 0, max: 100 }),
      topP: numberOf(config, "top_p", { min: 0, max: 1 }),
      repetitionPenalty: numberOf(config, "repetition_penalty", { min: 0, max: 100 }),
    },
    beginsInReasoning: template !== undefined && endsInMark(template),
    takesSystem: template?.string("system_template", SYSTEM_PLACE).includes(SYSTEM_PLACE) ?? true,
  };
}

/** MLC writes 1 where nothing is set. */
const numberOf = (config: JsonReader, name: string, bounds: Bounds): number =>
  config.has(name) ? config.number(name, bounds) : 1;

/** Whether what stands before a reply ends with the mark: its role and what separates it from an empty content. */
function endsInMark(template: JsonReader): boolean {
  const role = template.has("roles") ? template.object("roles").string("assistant", "") : "";
  const separator =
    template.string("role_empty_sep", "") || template.string("role_content_sep", "");
  return (role + separator).trimEnd().endsWith("<think>");
}
