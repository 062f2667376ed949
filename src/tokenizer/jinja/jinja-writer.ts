import type { TemplateFault } from "../../protocol/engine-api.ts";
import {
  slotsOf,
  type ChatTemplate,
  type JinjaTemplate,
  type RenderedPrompt,
  type TemplateMessage,
} from "../chat-template.ts";
import { slotWriter, type PromptWriter } from "../prompt-writer.ts";
import { reasoningMarks } from "../reasoning.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { ConversationTexts } from "./conversation-text.ts";
import { jinjaPrompt, type PromptParts } from "./jinja-prompt.ts";
import type { TemplateRenderer } from "./template-renderer.ts";
import { tryTemplate, type TriedTemplate } from "./try-template.ts";

/**
 * Most messages that a program is run for. Its work grows with them, and conversations in view of a small model's
 * context hold fewer, unless their messages are a few letters each.
 */
const MOST_MESSAGES = 512;

interface WriterParts {
  tokenizer: Tokenizer;
  renderer: TemplateRenderer;
  /** Told when a conversation could not be written by the program, and was written by the family's template instead. */
  onFault?: (fault: TemplateFault) => void;
}

/**
 * What writes the prompts of a model. Where a template is a program that cannot be used, it is the template of the
 * model's family, and `fault` says why.
 */
export async function createPromptWriter(
  template: ChatTemplate,
  { tokenizer, renderer, onFault = () => undefined }: WriterParts,
): Promise<{ writer: PromptWriter; fault?: TemplateFault }> {
  const family = slotWriter(slotsOf(template), tokenizer);
  if (!("jinja" in template)) return { writer: family };
  const texts = new ConversationTexts(template, renderer);
  const tried = await tryTemplate(template, tokenizer, texts);
  if ("fault" in tried) return { writer: family, fault: tried.fault };
  return { writer: jinjaWriter(template, { family, texts, tokenizer, tried, onFault }) };
}

function jinjaWriter(
  { jinja, firstTokenId }: JinjaTemplate,
  {
    family,
    texts,
    tokenizer,
    tried,
    onFault,
  }: {
    family: PromptWriter;
    texts: ConversationTexts;
    tokenizer: Tokenizer;
    tried: TriedTemplate;
    onFault: (fault: TemplateFault) => void;
  },
): PromptWriter {
  const { added, opening } = tried;
  const parts: PromptParts = { tokenizer, added, firstTokenId, opening };
  const stops = {
    ids: new Set([...family.stops.ids, ...tried.stops.ids]),
    strings: tried.stops.strings,
  };
  let isGivenUp = false;
  return {
    async write(messages, begunAtMs): Promise<RenderedPrompt> {
      if (isGivenUp) return family.write(messages, begunAtMs);
      const asked = asNextTurn(messages);
      const text = await texts.of(asked, begunAtMs);
      if ("fault" in text) {
        // A program that took too long once would do so again. One that refuses a conversation may write others.
        isGivenUp = text.fault === "too-slow" || text.fault === "unavailable";
        onFault(text.fault);
        return family.write(messages, begunAtMs);
      }
      const { system, turns, header } = jinjaPrompt(parts, text, asked);
      const given = messages.filter(({ role }) => role !== "system").length;
      return { system, turns: turns.slice(0, given), header };
    },
    writesTurnsApart: false,
    mostMessages: MOST_MESSAGES,
    control: new Set([...tried.addedIds, ...stops.ids]),
    stops,
    marks: reasoningMarks(tokenizer, [jinja ?? ""]),
  };
}

/** The user's next message, of which only the place counts. */
const NEXT: TemplateMessage = { role: "user", text: "" };

/**
 * The conversation with a user's message at its end. What a template writes of the last reply may change with the next
 * message, and what comes after it is what stays. A system message without a text is none.
 */
function asNextTurn(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
  const [first] = messages;
  const given = first?.role === "system" && first.text === "" ? messages.slice(1) : messages;
  return given.at(-1)?.role === "user" ? given : [...given, NEXT];
}
