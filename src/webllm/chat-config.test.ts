import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseWebLlmConfig } from "./chat-config.ts";

const URL_OF_CONFIG = "https://models.test/m/mlc-chat-config.json";
const PIP = new URL("../../public/models/pip-4.7m/mlc-q4f16_1/", import.meta.url);
const parse = (config: object) => parseWebLlmConfig(JSON.stringify(config), URL_OF_CONFIG);

test("Pip's configuration is read", () => {
  const text = readFileSync(new URL("mlc-chat-config.json", PIP), "utf8");
  expect(parseWebLlmConfig(text, URL_OF_CONFIG)).toMatchObject({
    architecture: "llama",
    quantization: "q4f16_1",
    contextTokens: 2048,
    tokenizerFile: "tokenizer.json",
    beginsInReasoning: false,
    takesSystem: true,
  });
});

test("any architecture is taken; what is not set takes its default", () => {
  expect(
    parse({ model_type: "gemma2", tokenizer_files: ["tokenizer.model"], context_window_size: -1 }),
  ).toEqual({
    architecture: "gemma2",
    quantization: "unknown",
    contextTokens: undefined,
    tokenizerFile: "tokenizer.model",
    sampling: { temperature: 1, topP: 1, repetitionPenalty: 1 },
    beginsInReasoning: false,
    takesSystem: true,
  });
});

test.each([
  [{ roles: { assistant: "<|im_start|>assistant" }, role_empty_sep: "\n<think>\n" }, true],
  [{ roles: { assistant: "<｜Assistant｜>" }, role_content_sep: "<think>\n" }, true],
  [{ roles: { assistant: "<|im_start|>assistant" }, role_empty_sep: "\n" }, false],
])("a template that writes the first mark itself: %j", (conv_template, beginsInReasoning) => {
  expect(parse({ tokenizer_files: [], conv_template })).toMatchObject({ beginsInReasoning });
});

test.each([
  [{ system_template: "<start_of_turn>system\n{system_message}" }, true],
  [{ system_template: "" }, false],
  [{}, true],
])("a template with a place for a system message: %j", (conv_template, takesSystem) => {
  expect(parse({ tokenizer_files: [], conv_template })).toMatchObject({ takesSystem });
});

test.each([
  [{}, "tokenizer_files"],
  [{ tokenizer_files: [], temperature: "hot" }, "temperature"],
  [{ tokenizer_files: [], context_window_size: 1e12 }, "context_window_size"],
  [{ tokenizer_files: Array.from({ length: 65 }, () => "x") }, "tokenizer_files"],
])("%j is refused by name", (config, name) => {
  expect(() => parse(config)).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({
        detail: expect.stringContaining(name) as unknown,
      }) as unknown,
    }) as Error,
  );
});
