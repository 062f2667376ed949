/**
 * @file Makes the prompt of a conversation from a chat template, such as MLC's `conv_template`.
 *
 * Every run of template text and every message's content is tokenised on its own. So appending a message never
 * changes the tokens before it, and the KV cache of a prefix stays valid. The exception are templates that leave out
 * the reasoning of earlier replies (MLC's `strip_reasoning_in_history`): the next turn's prompt has a reply's text where
 * the cache has its reasoning, and is prefilled from there on.
 */

import type { MessageTokens } from "../protocol/engine-api.ts";
import { assert } from "../shared/assert.ts";
import { CLOSE, OPEN } from "./reasoning.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The template's text before and after something that is put into it. */
export interface TemplateSlot {
  before: string;
  after: string;
}

export type Speaker = "user" | "assistant";

/** How a model writes a conversation as one text: by slots, or by a program in Jinja. */
export type ChatTemplate = SlotTemplate | JinjaTemplate;

/** A template of fixed texts with places for the contents of messages. */
export interface SlotTemplate {
  systemPrefixIds: readonly number[];
  /**
   * The system part of the prompt. It is a string if the template has no place for a system message, which then stands in
   * front of the first message.
   */
  system: TemplateSlot | string;
  /** The system message of a conversation that has none. */
  defaultSystemMessage: string;
  addRoleAfterSystemMessage: boolean;
  roles: Record<Speaker, string>;
  contents: Record<Speaker, TemplateSlot>;
  /** The text after a message's content. */
  separators: Record<Speaker, string>;
  roleContentSeparator: string;
  roleEmptySeparator: string;
  stopStrings: readonly string[];
  stopTokenIds: readonly number[];
  /**
   * Whether the reasoning of earlier replies is left out of a prompt. Where it is not, this is absent, so that rows
   * keep the names that they have.
   */
  stripsReasoning?: true;
}

/** A template in Jinja, as the files of models have it. See `jinjaTemplateOf`, which makes one. */
export interface JinjaTemplate {
  /** The program, if the file has one. It is hostile, and of any length. */
  jinja: string | undefined;
  /** What the program knows as `bos_token`. */
  bosToken: string | undefined;
  /** What the program knows as `eos_token`. */
  eosToken: string | undefined;
  /** The token that a prompt has to begin with, whether the program writes it or not. */
  firstTokenId: number | undefined;
  /** The template of the model's family, which is used where the program cannot be. */
  family: SlotTemplate;
}

/** The part of a `ChatMessage` that the template uses. */
export interface TemplateMessage {
  role: Speaker | "system";
  text: string;
  /** As in `ChatMessage`. */
  reasoning?: string | undefined;
  /**
   * Token ids, which are used unchecked if `tokenizer` is the fingerprint of the tokenizer at hand. Ids from outside
   * have to go through `writtenTokens` first.
   */
  tokens?: MessageTokens | undefined;
}

/** The token ids of a prompt, in the parts that it is made of. */
export interface RenderedPrompt {
  /** The model's fixed prefix and the system message. */
  system: number[];
  /** One for each user and assistant message, with the template's tokens around its own. */
  turns: number[][];
  /** The template's tokens before a reply. */
  header: number[];
}

/**
 * Tokenises a conversation, up to the place where the model's reply begins.
 *
 * @param messages a system message, if there is one, is the first
 */
export function renderPrompt(
  template: SlotTemplate,
  tokenizer: Tokenizer,
  messages: readonly TemplateMessage[],
): RenderedPrompt {
  const first = messages[0];
  const given = first?.role === "system" ? first : undefined;
  const system = renderSystem(template, tokenizer, given?.text ?? template.defaultSystemMessage);
  const others = given === undefined ? messages : messages.slice(1);
  const turns = typeof template.system === "string" ? withSystem(others, given?.text) : others;
  const omitRole = !template.addRoleAfterSystemMessage && system.length > 0;
  return {
    system: [...template.systemPrefixIds, ...system],
    turns: turns.map((message, index) =>
      renderTurn(template, tokenizer, message, !(omitRole && index === 0)),
    ),
    header: tokenizer.encodeTemplate(template.roles.assistant + template.roleEmptySeparator),
  };
}

/** The conversation of a template without a place for a system message: the user's first message begins with it. */
function withSystem(
  turns: readonly TemplateMessage[],
  systemMessage = "",
): readonly TemplateMessage[] {
  const [first, ...rest] = turns;
  if (systemMessage === "" || first?.role !== "user") return turns;
  return [{ role: "user", text: `${systemMessage}\n\n${first.text}` }, ...rest];
}

/** Every text of the template that is tokenised unchanged. */
export function templateTexts(template: SlotTemplate): string[] {
  const { system, roles, contents, separators } = template;
  const slots = [
    contents.user,
    contents.assistant,
    ...(typeof system === "string" ? [] : [system]),
  ];
  return [
    ...(typeof system === "string" ? [system] : []),
    ...slots.flatMap(({ before, after }) => [before, after]),
    ...Object.values(roles),
    ...Object.values(separators),
    template.roleContentSeparator,
    template.roleEmptySeparator,
  ];
}

/** All token ids of a prompt, in the order in which the model runs them. */
export function promptTokens({ system, turns, header }: RenderedPrompt): number[] {
  return [system, ...turns, header].flat();
}

/**
 * The token ids and strings that end a reply. A reply never contains the text of special tokens, so a stop string
 * that is such a token is replaced by its id.
 */
export function stopConditions(
  template: SlotTemplate,
  tokenizer: Tokenizer,
): { ids: ReadonlySet<number>; strings: readonly string[] } {
  const ids = new Set(template.stopTokenIds);
  const strings: string[] = [];
  for (const stop of template.stopStrings) {
    const id = tokenizer.addedTokenId(stop);
    if (id === undefined) strings.push(stop);
    else ids.add(id);
  }
  return { ids, strings };
}

/** Without a system message there is no system part at all, not even the text around it. */
function renderSystem(template: SlotTemplate, tokenizer: Tokenizer, message: string): number[] {
  if (typeof template.system === "string") return tokenizer.encodeTemplate(template.system);
  if (message === "") return [];
  return [
    ...tokenizer.encodeTemplate(template.system.before),
    ...tokenizer.encodeText(message),
    ...tokenizer.encodeTemplateAfterText(template.system.after),
  ];
}

/** @param withRole false if the system part has named the role already */
function renderTurn(
  template: SlotTemplate,
  tokenizer: Tokenizer,
  message: TemplateMessage,
  withRole: boolean,
): number[] {
  const { role, text, reasoning } = message;
  assert(role !== "system", "a system message stands after another message");
  const tokens = message.tokens?.tokenizer === tokenizer.fingerprint ? message.tokens : undefined;
  const { before, after } = template.contents[role];
  const opening = withRole ? template.roles[role] + template.roleContentSeparator + before : before;
  // The ids of a reply were produced after this header, and so stand after it again.
  const header = template.roles.assistant + template.roleEmptySeparator;
  const isReply = role === "assistant" && tokens !== undefined;
  const isReasoned = role === "assistant" && reasoning !== undefined && !template.stripsReasoning;
  const start = isReasoned
    ? renderReasoning(tokenizer, header, { reasoning, ids: tokens?.reasoningIds })
    : // The text behind a first mark in the header was reasoning.
      tokenizer.encodeTemplate(isReply && !endsInMark(header) ? header : opening);
  return [
    ...start,
    ...(tokens?.ids ?? tokenizer.encodeText(text)),
    ...tokenizer.encodeTemplateAfterText(after + template.separators[role]),
  ];
}

const endsInMark = (header: string): boolean => header.trimEnd().endsWith(OPEN);

/** A reply's header and its reasoning, as the model wrote it or as models usually write it. */
function renderReasoning(
  tokenizer: Tokenizer,
  header: string,
  { reasoning, ids }: { reasoning: string; ids: readonly number[] | undefined },
): number[] {
  if (ids) return [...tokenizer.encodeTemplate(header), ...ids];
  return [
    ...tokenizer.encodeTemplate(endsInMark(header) ? header : `${header}${OPEN}\n`),
    ...tokenizer.encodeText(reasoning),
    ...tokenizer.encodeTemplateAfterText(`\n${CLOSE}\n\n`),
  ];
}

/** The template itself, or that of the model's family in place of a program. */
export const slotsOf = (template: ChatTemplate): SlotTemplate =>
  "jinja" in template ? template.family : template;
