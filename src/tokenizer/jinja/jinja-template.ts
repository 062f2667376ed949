import type { JinjaTemplate } from "../chat-template.ts";
import { familyTemplate } from "./family-template.ts";

/** What a model's file says of its chat template. */
export interface StatedTemplate {
  /** The program in Jinja (`tokenizer.chat_template`). It may be missing, and of any length. */
  jinja: string | undefined;
  /** The texts of the tokens that begin and end a text, which the program may ask for. */
  bosToken: string | undefined;
  eosToken: string | undefined;
  /** The token that every prompt has to begin with (`tokenizer.ggml.add_bos_token`); undefined if there is none. */
  firstTokenId: number | undefined;
  /** The texts of all special tokens of the vocabulary. They tell the model's family. */
  specialTokens: Iterable<string>;
}

/**
 * A chat template from what a model's file says of it. Whether the program can be used is found out when the model is
 * loaded: where it cannot be, the model's family has a template of its own.
 */
export function jinjaTemplateOf(stated: StatedTemplate): JinjaTemplate {
  const { jinja, bosToken, eosToken, firstTokenId, specialTokens } = stated;
  const family = familyTemplate(specialTokens, firstTokenId);
  return { jinja, bosToken, eosToken, firstTokenId, family };
}
