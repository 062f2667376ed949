import {
  renderPrompt,
  stopConditions,
  templateTexts,
  type RenderedPrompt,
  type SlotTemplate,
  type TemplateMessage,
} from "./chat-template.ts";
import { reasoningMarks, type ReasoningMarks } from "./reasoning.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Writes conversations as the tokens that a model reads, whatever kind of template the model has. */
export interface PromptWriter {
  /**
   * The prompt of a conversation, up to the place where the model's reply begins. If the last message is not the
   * user's, the parts are those that the prompt will have once the user has written.
   *
   * @param messages a system message, if there is one, is the first
   * @param begunAtMs when the conversation began, for templates that have a date
   */
  write(
    messages: readonly TemplateMessage[],
    begunAtMs: number,
  ): RenderedPrompt | Promise<RenderedPrompt>;
  /** Whether the tokens of a turn depend on no other message, except on whether the turn is the first. */
  readonly writesTurnsApart: boolean;
  /** Most messages that are looked at, so that a template's work is bounded. */
  readonly mostMessages: number;
  /** Ids that end a reply or belong to the template. None of them is ever text. */
  readonly control: ReadonlySet<number>;
  /** Token ids and texts that end a reply. */
  readonly stops: { ids: ReadonlySet<number>; strings: readonly string[] };
  /** What stands around the model's reasoning; undefined if it does not reason. */
  readonly marks: ReasoningMarks | undefined;
}

/** Writes by a template of fixed texts. */
export function slotWriter(template: SlotTemplate, tokenizer: Tokenizer): PromptWriter {
  const texts = templateTexts(template);
  const stops = stopConditions(template, tokenizer);
  const ofTemplate = texts.flatMap((text) => tokenizer.addedTokensIn(text));
  return {
    write: (messages) => renderPrompt(template, tokenizer, messages),
    writesTurnsApart: true,
    mostMessages: Infinity,
    control: new Set([...ofTemplate, ...stops.ids]),
    stops,
    marks: reasoningMarks(tokenizer, texts),
  };
}
