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
}

const CONTEXT_TOKENS: Bounds = { min: 1, max: 2 ** 24 };
const MAX_TOKENIZER_FILES = 64;

/** Letters of a name that is shown. */
const MAX_NAME = 60;

/** @throws EngineError `model-invalid` */
export function parseWebLlmConfig(text: string, url: string): WebLlmConfig {
  const config = JsonReader.of(parseJson(text, url), url);
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
    beginsInReasoning: config.has("conv_template") && endsInMark(config.object("conv_template")),
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
