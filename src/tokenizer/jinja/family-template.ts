import type { SlotTemplate } from "../chat-template.ts";

const COMMON = {
  defaultSystemMessage: "",
  addRoleAfterSystemMessage: true,
  contents: { user: { before: "", after: "" }, assistant: { before: "", after: "" } },
  stopTokenIds: [],
};

const CHATML: Omit<SlotTemplate, "systemPrefixIds"> = {
  ...COMMON,
  system: { before: "<|im_start|>system\n", after: "<|im_end|>\n" },
  roles: { user: "<|im_start|>user", assistant: "<|im_start|>assistant" },
  separators: { user: "<|im_end|>\n", assistant: "<|im_end|>\n" },
  roleContentSeparator: "\n",
  roleEmptySeparator: "\n",
  stopStrings: ["<|im_end|>"],
};

const LLAMA_3: Omit<SlotTemplate, "systemPrefixIds"> = {
  ...COMMON,
  system: { before: "<|start_header_id|>system<|end_header_id|>\n\n", after: "<|eot_id|>" },
  roles: { user: "<|start_header_id|>user", assistant: "<|start_header_id|>assistant" },
  separators: { user: "<|eot_id|>", assistant: "<|eot_id|>" },
  roleContentSeparator: "<|end_header_id|>\n\n",
  roleEmptySeparator: "<|end_header_id|>\n\n",
  stopStrings: ["<|eot_id|>", "<|end_of_text|>"],
};

/** Llama 2 and Mistral. A system message stands within the first instruction. */
const INSTRUCTIONS: Omit<SlotTemplate, "systemPrefixIds"> = {
  ...COMMON,
  system: { before: "[INST] ", after: "\n\n" },
  addRoleAfterSystemMessage: false,
  roles: { user: "[INST]", assistant: "[/INST]" },
  separators: { user: " ", assistant: "</s>" },
  roleContentSeparator: " ",
  roleEmptySeparator: "",
  stopStrings: ["</s>"],
};

/** What a model that knows no marks for speakers continues best. */
const PLAIN: Omit<SlotTemplate, "systemPrefixIds"> = {
  ...COMMON,
  system: { before: "", after: "\n\n" },
  roles: { user: "User", assistant: "Assistant" },
  separators: { user: "\n", assistant: "\n" },
  roleContentSeparator: ": ",
  roleEmptySeparator: ":",
  stopStrings: ["\nUser:"],
};

/** The first family of which a vocabulary has all special tokens is the model's. */
const FAMILIES: readonly [readonly string[], Omit<SlotTemplate, "systemPrefixIds">][] = [
  [["<|im_start|>", "<|im_end|>"], CHATML],
  [["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], LLAMA_3],
  [["[INST]", "[/INST]"], INSTRUCTIONS],
  [["<s>", "</s>"], INSTRUCTIONS],
];

/**
 * The template that models with these special tokens were most likely trained with.
 *
 * @param specialTokens the texts of the vocabulary's special tokens
 * @param firstTokenId the token that a prompt begins with, if any
 */
export function familyTemplate(
  specialTokens: Iterable<string>,
  firstTokenId: number | undefined,
): SlotTemplate {
  const known = new Set(specialTokens);
  const family = FAMILIES.find(([tokens]) => tokens.every((token) => known.has(token)));
  const systemPrefixIds = firstTokenId === undefined ? [] : [firstTokenId];
  return { ...(family?.[1] ?? PLAIN), systemPrefixIds };
}
