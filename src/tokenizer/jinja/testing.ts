import { readFileSync } from "node:fs";
import type { JinjaTemplate } from "../chat-template.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer.ts";
import { jinjaTemplateOf } from "./jinja-template.ts";

const FIXTURES = new URL("../../model/golden/fixtures/", import.meta.url);

interface TokenizerConfig {
  chat_template: string;
  bos_token: string | null;
  eos_token: string | null;
}

/** The tokenizer and the published template of a tiny model. */
export async function tinyModel(
  name: string,
): Promise<{ tokenizer: Tokenizer; template: JinjaTemplate }> {
  const read = (file: string) =>
    readFileSync(new URL(`${name}/mlc-q0f16/${file}`, FIXTURES), "utf8");
  const tokenizer = await createTokenizer(read("tokenizer.json"), "https://models.test/");
  const config = JSON.parse(read("tokenizer_config.json")) as TokenizerConfig;
  const { chat_template: jinja, bos_token: bos, eos_token: eos } = config;
  return { tokenizer, template: templateFor(tokenizer, jinja, { bos, eos }) };
}

/** A program for a model with this tokenizer. */
export function templateFor(
  tokenizer: Tokenizer,
  jinja: string | undefined,
  { bos, eos }: { bos?: string | null; eos?: string | null } = {},
): JinjaTemplate {
  const specialTokens = tokenizer.addedTokens.map(({ content }) => content);
  const marks = { bosToken: bos ?? undefined, eosToken: eos ?? undefined };
  return jinjaTemplateOf({ jinja, ...marks, firstTokenId: undefined, specialTokens });
}
