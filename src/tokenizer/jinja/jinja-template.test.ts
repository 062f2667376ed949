import { expect, test } from "vitest";
import { createPipTokenizer } from "../testing.ts";
import { promptTokens, renderPrompt } from "../chat-template.ts";
import { jinjaTemplateOf } from "./jinja-template.ts";

const stated = { jinja: "{{ messages }}", bosToken: "<s>", eosToken: "</s>" };

test("a template keeps what the file says of it", () => {
  const template = jinjaTemplateOf({ ...stated, firstTokenId: 1, specialTokens: [] });
  expect(template).toMatchObject({ ...stated, firstTokenId: 1 });
});

test.each([
  ["ChatML", ["<|im_start|>", "<|im_end|>", "<s>", "</s>"], "<|im_start|>user"],
  [
    "Llama 3",
    ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
    "<|start_header_id|>user",
  ],
  ["Llama 2", ["<unk>", "<s>", "</s>"], "[INST]"],
  ["Mistral", ["[INST]", "[/INST]"], "[INST]"],
  ["none that is known", ["<|endoftext|>"], "User"],
])("a model whose vocabulary is that of %s has the family's template", (_name, tokens, role) => {
  const { family } = jinjaTemplateOf({ ...stated, firstTokenId: 5, specialTokens: tokens });
  expect(family.roles.user).toBe(role);
  expect(family.systemPrefixIds).toEqual([5]);
});

test("the family's template of a ChatML model gives the tokens that the model was trained with", async () => {
  const pip = await createPipTokenizer();
  const specialTokens = pip.addedTokens.map(({ content }) => content);
  const { family } = jinjaTemplateOf({ ...stated, firstTokenId: undefined, specialTokens });
  const prompt = renderPrompt(family, pip, [
    { role: "system", text: "Be kind." },
    { role: "user", text: "Hi" },
    { role: "assistant", text: "Ho" },
    { role: "user", text: "Hi" },
  ]);
  const whole =
    "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n" +
    "<|im_start|>assistant\nHo<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
  expect(promptTokens(prompt)).toEqual(pip.encodeTemplate(whole));
});
