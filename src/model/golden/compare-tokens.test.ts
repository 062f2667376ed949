import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jinjaTemplateOf } from "../../tokenizer/jinja/jinja-template.ts";
import { createTokenizer } from "../../tokenizer/tokenizer.ts";
import { GgufMetadata, type GgufScalar } from "../sources/gguf/gguf-metadata.ts";
import { tokenizerJsonOf } from "../sources/gguf/tokenizer-json.ts";
import { parseConversationTemplate } from "../sources/mlc/conversation-template.ts";
import { compareConversations, compareTexts, emptyTokenReport } from "./compare-tokens.ts";

const URL_OF_MODEL = "https://models.invalid/";

const readText = (path: string): string =>
  readFileSync(new URL(`fixtures/${path}`, import.meta.url), "utf8");
const readJson = (path: string): unknown => JSON.parse(readText(path));

test.each([
  { model: "llama-gqa-llama3rope", conversations: 3, leftOut: 0 },
  { model: "llama-untied-h80", conversations: 3, leftOut: 0 },
  // The template has no place for a system message, and one conversation has one.
  { model: "mistral", conversations: 2, leftOut: 1 },
  { model: "qwen2", conversations: 3, leftOut: 0 },
  { model: "qwen2-overflow", conversations: 3, leftOut: 0 },
  // One conversation has reasoning, which the template leaves out.
  { model: "qwen3", conversations: 4, leftOut: 0 },
])("$model: the ids of texts and conversations", async ({ model, ...counts }) => {
  const folder = `${model}/mlc-q0f16`;
  const tokenizer = await createTokenizer(readText(`${folder}/tokenizer.json`), URL_OF_MODEL);
  const config = readJson(`${folder}/mlc-chat-config.json`);
  const template = parseConversationTemplate(config, URL_OF_MODEL);
  const report = emptyTokenReport();
  const from = { url: URL_OF_MODEL, report };
  compareTexts(tokenizer, readJson(`${model}/tokens.json`), from);
  await compareConversations({ tokenizer, template }, readJson(`${model}/chat.json`), from);
  expect(report).toEqual({ texts: 71, ...counts, faults: [] });
});

/** The metadata of the model's GGUF files that begins with `tokenizer.ggml.`. */
function ggufMetadata(model: string): GgufMetadata {
  const values = Object.entries(readJson(`${model}/gguf-tokenizer.json`) as object);
  const known = values.map(([key, value]: [string, GgufScalar | GgufScalar[]]) => {
    const list = Array.isArray(value) ? { length: value.length, read: () => value } : value;
    return [key, list] as const;
  });
  return new GgufMetadata(new Map(known), URL_OF_MODEL);
}

test.each(["llama-gqa-llama3rope", "llama-untied-h80", "mistral", "qwen2", "qwen3"])(
  "%s: a tokenizer made of GGUF metadata gives the same ids",
  async (model) => {
    const json = tokenizerJsonOf(ggufMetadata(model));
    const report = emptyTokenReport();
    const from = { url: URL_OF_MODEL, report };
    compareTexts(await createTokenizer(json, URL_OF_MODEL), readJson(`${model}/tokens.json`), from);
    expect(report).toEqual({ texts: 71, conversations: 0, leftOut: 0, faults: [] });
  },
);

test("what differs is told", async () => {
  const tokenizer = await createTokenizer(readText("qwen2/mlc-q0f16/tokenizer.json"), URL_OF_MODEL);
  const report = emptyTokenReport();
  const cases = [
    { text: "a", ids: [64] },
    { text: "a", ids: [65] },
  ];
  compareTexts(tokenizer, { cases }, { url: URL_OF_MODEL, report });
  expect(report.texts).toBe(2);
  expect(report.faults).toEqual([
    "Text 1 has other ids than in the reference.",
    "Text 1 as a template has other ids than in the reference.",
    "The ids of text 1 are another text than in the reference.",
  ]);
});

interface TokenizerConfig {
  chat_template: string;
  bos_token: string | null;
  eos_token: string | null;
  add_bos_token: boolean;
}

test.each([
  { model: "llama-gqa-llama3rope", conversations: 3 },
  { model: "llama-untied-h80", conversations: 3 },
  { model: "mistral", conversations: 3 },
  { model: "qwen2", conversations: 3 },
  // The template leaves out the reasoning of earlier replies.
  { model: "qwen3", conversations: 4 },
])(
  "$model: the ids of conversations by its template in Jinja",
  async ({ model, conversations }) => {
    const folder = `${model}/mlc-q0f16`;
    const tokenizer = await createTokenizer(readText(`${folder}/tokenizer.json`), URL_OF_MODEL);
    const config = readJson(`${folder}/tokenizer_config.json`) as TokenizerConfig;
    const template = jinjaTemplateOf({
      jinja: config.chat_template,
      bosToken: config.bos_token ?? undefined,
      eosToken: config.eos_token ?? undefined,
      firstTokenId: config.add_bos_token
        ? tokenizer.addedTokenId(config.bos_token ?? "")
        : undefined,
      specialTokens: tokenizer.addedTokens.map(({ content }) => content),
    });
    const report = emptyTokenReport();
    const from = { url: URL_OF_MODEL, report };
    await compareConversations({ tokenizer, template }, readJson(`${model}/chat.json`), from);
    expect(report).toEqual({ texts: 0, conversations, leftOut: 0, faults: [] });
  },
);
