import type { ChatTemplate } from "../../../tokenizer/chat-template.ts";
import { jinjaTemplateOf } from "../../../tokenizer/jinja/jinja-template.ts";
import type { GgufMetadata } from "./gguf-metadata.ts";
import { TOKEN_TYPE, tokenTexts, tokenTypes } from "./vocabulary.ts";

const TEMPLATE = "tokenizer.chat_template";

/** What a file says of how a conversation is written. */
export function chatTemplateOf(metadata: GgufMetadata): ChatTemplate {
  const texts = tokenTexts(metadata);
  const types = tokenTypes(metadata);
  const idOf = (name: string): number | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`;
    const id = metadata.has(key) ? metadata.integer(key) : undefined;
    return id === undefined || id >= texts.length ? undefined : id;
  };
  const textOf = (id: number | undefined) => (id === undefined ? undefined : texts[id]);
  const [bos, eos] = [idOf("bos"), idOf("eos")];
  return jinjaTemplateOf({
    jinja: metadata.has(TEMPLATE) ? metadata.string(TEMPLATE) : undefined,
    bosToken: textOf(bos),
    eosToken: textOf(eos),
    firstTokenId: addsBos(metadata) ? bos : undefined,
    specialTokens: texts.filter((_, id) => types[id] === TOKEN_TYPE.control),
  });
}

/**
 * Whether every text begins with the token for it. Files of SentencePiece's and Llama 3's vocabularies that do not say
 * so mean it. Source: `llama_vocab::impl::load` of llama.cpp.
 */
function addsBos(metadata: GgufMetadata): boolean {
  const isLlama3 = ["llama3", "llama-v3", "llama-bpe"].includes(
    metadata.string("tokenizer.ggml.pre", ""),
  );
  const isImplied = metadata.string("tokenizer.ggml.model") === "llama" || isLlama3;
  return metadata.boolean("tokenizer.ggml.add_bos_token", isImplied);
}
