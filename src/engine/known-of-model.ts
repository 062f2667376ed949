import { adapterName, type Hardware } from "../device/device.ts";
import { modelBytes } from "../model/model-bytes.ts";
import type { ModelDescription } from "../model/sources/source.ts";
import type { ModelInfo, TemplateFault } from "../protocol/engine-api.ts";
import type { PromptWriter } from "../tokenizer/prompt-writer.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { kvFingerprint as fingerprintOf } from "./sequence/kv-identity.ts";

/** A model, and how its KV is to be cut into values. */
interface StatedModel extends ModelDescription {
  valueBytes: number | undefined;
}

/** What turns a model's conversations into tokens. */
interface ModelText {
  tokenizer: Tokenizer;
  writer: PromptWriter;
  fault: TemplateFault | undefined;
}

/** What is known of a model before its weights come: what the page is told, how text becomes tokens, and the KV's name. */
export async function knownOf(hardware: Hardware, description: StatedModel, modelText: ModelText) {
  const { tokenizer, writer } = modelText;
  const { config, quantization, manifestHash, valueBytes, chatTemplate } = description;
  const ids = new Set([...writer.stops.ids, ...config.eosTokenIds]);
  const weights = { quantization, manifestHash };
  const text = { tokenizer: tokenizer.fingerprint, chatTemplate };
  return {
    info: describeModel(hardware, description, modelText),
    prompts: writer,
    stops: { ids, strings: writer.stops.strings },
    kvFingerprint: await fingerprintOf({ config, ...weights, ...text, valueBytes }),
  };
}

function describeModel(
  hardware: Hardware,
  description: StatedModel,
  { tokenizer, fault }: ModelText,
): ModelInfo {
  const { url, name, quantization, weightBytes } = description;
  const { architecture, contextTokens, sampling } = description.config;
  return {
    url,
    name,
    architecture,
    quantization,
    contextTokens,
    weightBytes,
    gpuBytes: modelBytes(description).bytes,
    tokenizer: tokenizer.fingerprint,
    sampling,
    ...(fault && { templateFault: fault }),
    adapter: adapterName(hardware.adapter),
    device: hardware.kind,
    ...(hardware.threads !== undefined && { threads: hardware.threads }),
  };
}
