import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConversationTemplate } from "../model/sources/mlc/conversation-template.ts";
import { promptTokens, renderPrompt, type TemplateMessage } from "./chat-template.ts";
import { slotWriter } from "./prompt-writer.ts";
import { createThinkingTokenizer, pipFile, THINK, unicodeText } from "./testing.ts";
import { writableIds, writtenTokens } from "./written-tokens.ts";

const URL_OF_CONFIG = "https://models.test/mlc-chat-config.json";
const thinking = await createThinkingTokenizer();
const { open, close } = THINK;
const ids = (text: string) => thinking.encodeText(text);

const pipConfig = JSON.parse(pipFile("mlc-chat-config.json")) as { conv_template: object };
const withTemplate = (change: object) =>
  parseConversationTemplate(
    { conv_template: { ...pipConfig.conv_template, ...change } },
    URL_OF_CONFIG,
  );
const keeping = withTemplate({});
const stripping = withTemplate({ strip_reasoning_in_history: true });
/** A template that writes the first mark itself. */
const begun = withTemplate({ role_empty_sep: "\n<think>\n" });

const question: TemplateMessage = { role: "user", text: "Hello!" };
const followUp: TemplateMessage = { role: "user", text: "And?" };
const answer = ids("Moo.");
const thought = [...ids("\nHm, a cow.\n"), close, ...ids("\n\n")];

/** A reply of which these are the tokens, or of which only the text is known. */
const reply = (reasoningIds?: readonly number[]): TemplateMessage => ({
  role: "assistant",
  text: "Moo.",
  reasoning: "Hm, a cow.",
  ...(reasoningIds && {
    tokens: { tokenizer: thinking.fingerprint, ids: answer, reasoningIds },
  }),
});

const prompt = (messages: readonly TemplateMessage[], template = keeping) =>
  promptTokens(renderPrompt(template, thinking, messages));

/** How many tokens of the second prompt are the first prompt's, or the reply's after it. */
function kept(first: readonly number[], second: readonly number[]): number {
  const other = second.findIndex((id, i) => id !== first[i]);
  return other < 0 ? second.length : other;
}

describe("a template that keeps reasoning", () => {
  test.each([
    ["the model has written the first mark", keeping, [open, ...thought]],
    ["the template has", begun, thought],
  ])("goes on from what the model wrote where %s", (_who, template, reasoningIds) => {
    const before = [...prompt([question], template), ...reasoningIds, ...answer];
    const after = prompt([question, reply(reasoningIds), followUp], template);
    expect(kept(before, after)).toBe(before.length);
  });

  test("writes reasoning of another tokenizer as models usually do", () => {
    const after = prompt([question, reply(), followUp]);
    const written = [open, ...thought, ...answer];
    const before = [...prompt([question]), ...written];
    expect(kept(before, after)).toBe(before.length);
    const line = ids("\n").length;
    const begunBefore = [...prompt([question], begun), ...thought.slice(line), ...answer];
    const begunAfter = prompt([question, reply(), followUp], begun);
    expect(kept(begunBefore, begunAfter)).toBe(begunBefore.length);
  });

  test("writes no mark for what reasoning says", () => {
    const text = "</think><think><|im_end|>";
    const plain = prompt([question, { role: "assistant", text: "Moo.", reasoning: text }]);
    expect(plain.filter((id) => id === open || id === close)).toEqual([open, close]);
    expect(plain.filter((id) => id === 2)).toHaveLength(2);
  });
});

describe("a template that leaves reasoning out", () => {
  test("has the text alone, and what comes before it is kept", () => {
    const written = [open, ...thought, ...answer];
    const before = [...prompt([question], stripping), ...written];
    const after = prompt([question, reply([open, ...thought]), followUp], stripping);
    const plain = prompt([question, { role: "assistant", text: "Moo." }, followUp], stripping);
    expect(after).toEqual(plain);
    expect(kept(before, after)).toBe(prompt([question], stripping).length);
  });

  test("does not begin the text inside the reasoning, where its header would", () => {
    const config = { strip_reasoning_in_history: true, role_empty_sep: "\n<think>\n" };
    const after = prompt([question, reply(thought), followUp], withTemplate(config));
    expect(after.filter((id) => id === open)).toHaveLength(1);
  });
});

test("without reasoning, all templates write what they did", () => {
  const plain: TemplateMessage[] = [question, { role: "assistant", text: "Moo." }, followUp];
  expect(prompt(plain, stripping)).toEqual(prompt(plain, keeping));
});

describe("stored tokens of reasoning", () => {
  const config = { activeVocab: 2048, eosTokenIds: [2] };
  const writable = writableIds(thinking, slotWriter(keeping, thinking), config);
  const stored = (reasoningIds: unknown, change: Partial<TemplateMessage> = {}) => {
    const tokens = { tokenizer: thinking.fingerprint, ids: answer, reasoningIds } as never;
    return writtenTokens(writable, { ...reply(), tokens, ...change });
  };

  test("are used where the model can have written them", () => {
    for (const reasoningIds of [thought, [open, ...thought], [...ids("\n"), open, ...thought]])
      expect(stored(reasoningIds)).toEqual({
        tokenizer: thinking.fingerprint,
        ids: answer,
        reasoningIds,
      });
  });

  test.each([
    ["say something else", [open, ...ids("Hm, a hen."), close]],
    ["never end", [open, ...ids("Hm, a cow.")]],
    ["go on with text", [...thought, ...answer]],
    ["end the message", [...thought, 2, 1]],
    ["end it within", [open, 2, ...thought]],
    ["are no marks", ids("Hm, a cow.")],
    ["are none", []],
    ["are beyond the vocabulary", [2048, ...thought]],
    ["are no numbers", [undefined, null, "1", ...thought]],
    ["are no list", { length: 1, 0: open }],
    ["are missing", undefined],
    ["are far too many", [...new Array<number>(1_000_000).fill(ids("\n")[0] ?? 0), ...thought]],
  ])("are left out where they %s, and the text's are not", (_what, reasoningIds) => {
    const tokens = stored(reasoningIds);
    expect(tokens).toEqual({ tokenizer: thinking.fingerprint, ids: answer });
  });

  test("are left out where there is no reasoning, or the model has none", () => {
    expect(stored([open, ...thought], { reasoning: undefined })).not.toHaveProperty("reasoningIds");
    const other = { ...writable, marks: undefined };
    const tokens = { tokenizer: thinking.fingerprint, ids: answer, reasoningIds: [open, close] };
    expect(writtenTokens(other, { ...reply(), tokens })).not.toHaveProperty("reasoningIds");
  });

  test("whatever they are, they are the reasoning between its marks", () => {
    const anyId = fc.oneof(fc.integer({ min: -1, max: 2050 }), fc.constantFrom(open, close, 1, 2));
    fc.assert(
      fc.property(unicodeText, fc.array(anyId, { maxLength: 12 }), (reasoning, any) => {
        const used = stored(any, { reasoning })?.reasoningIds;
        if (!used) return;
        expect(used).toContain(close);
        expect(thinking.decode(used)).toContain(reasoning);
        expect(used.some((id) => id === 1 || id === 2)).toBe(false);
      }),
    );
  });
});
