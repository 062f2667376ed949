import { JsonReader } from "../../../shared/json-reader.ts";
import type { SlotTemplate, Speaker, TemplateSlot } from "../../../tokenizer/chat-template.ts";

/**
 * Reads the template of a conversation.
 *
 * @param config the whole of `mlc-chat-config.json`
 * @param url where it came from, for the error
 * @throws EngineError `model-invalid`
 */
export function parseConversationTemplate(config: unknown, url: string): SlotTemplate {
  const fields = JsonReader.ofTexts(config, url).object("conv_template");
  const roles = fields.object("roles");
  refuseLong(fields);
  // Fields that are absent take MLC's defaults: `Conversation` in mlc_llm/protocol.
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
    ...(fields.boolean("strip_reasoning_in_history", false) && { stripsReasoning: true }),
  };
}

/**
 * Most letters of one text of a template. Published ones have some hundred letters, all of which are part of every
 * prompt.
 */
const MAX_TEMPLATE_LENGTH = 2 ** 15;
const MAX_STOPS = 256;
/** Most letters of a stop string. The end of a reply is held back and compared for as long as it may become one. */
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

function parseContent(fields: JsonReader, role: Speaker): TemplateSlot {
  if (!fields.has("role_templates")) return { before: "", after: "" };
  const place = `{${role}_message}`;
  const templates = fields.object("role_templates");
  // Functions are not called here, so that their place stays empty.
  const slot = splitAt(templates.string(role, place).replaceAll("{function_string}", ""), place);
  if (typeof slot === "string") throw templates.problem(role, `has no ${place}`);
  return slot;
}

/** Reads the separators: one for both roles, or the user's and then the assistant's. */
function parseSeparators(fields: JsonReader): Record<Speaker, string> {
  const separators = fields.strings("seps");
  const [user, assistant = user] = separators;
  if (user === undefined || assistant === undefined || separators.length > 2) {
    throw fields.problem("seps", "has not one or two separators");
  }
  return { user, assistant };
}

function splitAt(template: string, place: string): TemplateSlot | string {
  const at = template.indexOf(place);
  if (at < 0) return template;
  return { before: template.slice(0, at), after: template.slice(at + place.length) };
}
