/**
 * @file The prompt of a conversation, as MLC's `conv_template` says.
 *
 * Every run of template text and every message's content is tokenised on its own, so that appending
 * a message never changes the tokens before it: the KV cache of a prefix stays valid.
 *
 * `strip_reasoning_in_history` is not followed for the same reason: reasoning stays where it was.
 */

import { assert } from "../shared/assert.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Template text around the place of something else. */
export interface TemplateSlot {
  before: string;
  after: string;
}

export type Speaker = "user" | "assistant";

export interface ChatTemplate {
  systemPrefixIds: readonly number[];
  /** A string where the template has no place for a message. */
  system: TemplateSlot | string;
  /** Used where a conversation has none. */
  defaultSystemMessage: string;
  addRoleAfterSystemMessage: boolean;
  roles: Record<Speaker, string>;
  contents: Record<Speaker, TemplateSlot>;
  /** After a message's content. */
  separators: Record<Speaker, string>;
  roleContentSeparator: string;
  roleEmptySeparator: string;
  stopStrings: readonly string[];
  stopTokenIds: readonly number[];
}

/** A `ChatMessage`, as far as the template looks at it. */
export interface TemplateMessage {
  role: Speaker | "system";
  text: string;
  /**
   * Used as they are if `tokenizer` is the fingerprint of the tokenizer at hand: what comes from outside
   * goes through `writtenIds` first.
   */
  tokens?: { tokenizer: string; ids: readonly number[] } | undefined;
}

/** Token ids of a prompt, by where they come from. */
export interface RenderedPrompt {
  /** The model's fixed prefix and the system message. */
  system: number[];
  /** One for each user and assistant message, with the template's tokens around its own. */
  turns: number[][];
  /** What a reply follows. */
  header: number[];
}

/** @param messages a system message, if any, first */
export function renderPrompt(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  messages: readonly TemplateMessage[],
): RenderedPrompt {
  const first = messages[0];
  const given = first?.role === "system" ? first : undefined;
  const system = renderSystem(template, tokenizer, given?.text ?? template.defaultSystemMessage);
  const turns = given === undefined ? messages : messages.slice(1);
  const omitRole = !template.addRoleAfterSystemMessage && system.length > 0;
  return {
    system: [...template.systemPrefixIds, ...system],
    turns: turns.map((message, index) =>
      renderTurn(template, tokenizer, message, !(omitRole && index === 0)),
    ),
    header: tokenizer.encodeTemplate(template.roles.assistant + template.roleEmptySeparator),
  };
}

/** Every text of the template that is tokenised as it stands. */
export function templateTexts(template: ChatTemplate): string[] {
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

/** All ids of a prompt, for the model to run. */
export function promptTokens({ system, turns, header }: RenderedPrompt): number[] {
  return [system, ...turns, header].flat();
}

/**
 * What ends a reply. Text of special tokens never appears in a reply, so a stop string that is such
 * a token becomes its id.
 */
export function stopConditions(
  template: ChatTemplate,
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

/** An empty system message has no part, not an empty one. */
function renderSystem(template: ChatTemplate, tokenizer: Tokenizer, message: string): number[] {
  if (typeof template.system === "string") return tokenizer.encodeTemplate(template.system);
  if (message === "") return [];
  return [
    ...tokenizer.encodeTemplate(template.system.before),
    ...tokenizer.encodeText(message),
    ...tokenizer.encodeTemplate(template.system.after),
  ];
}

/** @param withRole false where the system part has already named it */
function renderTurn(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  message: TemplateMessage,
  withRole: boolean,
): number[] {
  const { role, text, tokens } = message;
  assert(role !== "system", "a system message stands after another message");
  const ids = tokens?.tokenizer === tokenizer.fingerprint ? tokens.ids : undefined;
  const { before, after } = template.contents[role];
  const opening = withRole ? template.roles[role] + template.roleContentSeparator + before : before;
  // What the model really produced stands after the header it was asked with.
  const header = template.roles.assistant + template.roleEmptySeparator;
  return [
    ...tokenizer.encodeTemplate(ids !== undefined && role === "assistant" ? header : opening),
    ...(ids ?? tokenizer.encodeText(text)),
    ...tokenizer.encodeTemplate(after + template.separators[role]),
  ];
}
