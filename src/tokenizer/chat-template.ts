/**
 * @file The prompt of a conversation, as MLC's `conv_template` says.
 *
 * Every run of template text and every message's content is tokenised on its own, so that appending
 * a message never changes the tokens before it: the KV cache of a prefix stays valid.
 *
 * `strip_reasoning_in_history` is not followed for the same reason: reasoning stays where it was.
 */

import { assert } from "../shared/assert.ts";
import { JsonReader } from "../shared/json-reader.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Template text around the place of something else. */
interface Slot {
  before: string;
  after: string;
}

type Speaker = "user" | "assistant";

export interface ChatTemplate {
  systemPrefixIds: readonly number[];
  /** A string where the template has no place for a message. */
  system: Slot | string;
  /** Used where a conversation has none. */
  defaultSystemMessage: string;
  addRoleAfterSystemMessage: boolean;
  roles: Record<Speaker, string>;
  contents: Record<Speaker, Slot>;
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

/**
 * @param config the whole of `mlc-chat-config.json`
 * @param url where it came from, for the error
 * @throws EngineError `model-invalid`
 */
export function parseChatTemplate(config: unknown, url: string): ChatTemplate {
  const fields = JsonReader.ofTexts(config, url).object("conv_template");
  const roles = fields.object("roles");
  refuseLong(fields);
  // Without the parameter they are MLC's defaults: `Conversation` in mlc_llm/protocol.
  return {
    systemPrefixIds: fields.integers("system_prefix_token_ids", { absent: [] }),
    system: splitAt(fields.string("system_template", "{system_message}"), "{system_message}"),
    defaultSystemMessage: fields.string("system_message", ""),
    addRoleAfterSystemMessage: fields.boolean("add_role_after_system_message", true),
    roles: { user: roles.string("user"), assistant: roles.string("assistant") },
    contents: { user: parseContent(fields, "user"), assistant: parseContent(fields, "assistant") },
    separators: parseSeparators(fields),
    roleContentSeparator: fields.string("role_content_sep", ""),
    roleEmptySeparator: fields.string("role_empty_sep", ""),
    stopStrings: fields.strings("stop_str", { absent: [] }),
    stopTokenIds: fields.integers("stop_token_ids", { absent: [] }),
  };
}

/** Some hundred letters and a few tokens as a rule. All of it is part of every prompt. */
const MAX_TEMPLATE_LENGTH = 2 ** 15;
const MAX_STOPS = 256;
/** The end of a reply is held back and compared as long as it could become one. */
const MAX_STOP_LENGTH = 256;

function refuseLong(fields: JsonReader): void {
  const texts = ["system_template", "system_message", "role_content_sep", "role_empty_sep"];
  for (const name of [...texts, "roles", "role_templates", "seps"])
    if (JSON.stringify(fields.raw(name)).length > MAX_TEMPLATE_LENGTH)
      throw fields.problem(name, `is longer than ${MAX_TEMPLATE_LENGTH} letters`);
  for (const name of ["system_prefix_token_ids", "stop_token_ids"])
    if (fields.integers(name, { absent: [] }).length > MAX_STOPS)
      throw fields.problem(name, `has more than ${MAX_STOPS} entries`);
  const stops = fields.strings("stop_str", { absent: [] });
  if (stops.length > MAX_STOPS)
    throw fields.problem("stop_str", `has more than ${MAX_STOPS} entries`);
  if (stops.some((stop) => stop.length > MAX_STOP_LENGTH))
    throw fields.problem("stop_str", `has a text of more than ${MAX_STOP_LENGTH} letters`);
}

function parseContent(fields: JsonReader, role: Speaker): Slot {
  if (!fields.has("role_templates")) return { before: "", after: "" };
  const place = `{${role}_message}`;
  const templates = fields.object("role_templates");
  // Functions are not called here: their place stays empty.
  const slot = splitAt(templates.string(role, place).replaceAll("{function_string}", ""), place);
  if (typeof slot === "string") throw templates.problem(role, `has no ${place}`);
  return slot;
}

/** One for both roles, or one each: the user's first. */
function parseSeparators(fields: JsonReader): Record<Speaker, string> {
  const separators = fields.strings("seps");
  const [user, assistant = user] = separators;
  if (user === undefined || assistant === undefined || separators.length > 2) {
    throw fields.problem("seps", "has not one or two separators");
  }
  return { user, assistant };
}

function splitAt(template: string, place: string): Slot | string {
  const at = template.indexOf(place);
  if (at < 0) return template;
  return { before: template.slice(0, at), after: template.slice(at + place.length) };
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
