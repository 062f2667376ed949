import { JsonReader } from "../../shared/json-reader.ts";
import {
  promptTokens,
  type ChatTemplate,
  type TemplateMessage,
} from "../../tokenizer/chat-template.ts";
import { createPromptWriter } from "../../tokenizer/jinja/jinja-writer.ts";
import { rendererInThread } from "../../tokenizer/jinja/renderer-in-thread.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

/** What came of the comparison of a tokenizer with its reference. */
export interface TokenReport {
  texts: number;
  conversations: number;
  /** Conversations that have no reference. */
  leftOut: number;
  /** What is wrong, in sentences. */
  faults: string[];
}

export const emptyTokenReport = (): TokenReport => ({
  texts: 0,
  conversations: 0,
  leftOut: 0,
  faults: [],
});

const MOST = { most: 10_000 };

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

/**
 * Compares the ids of texts, with and without the special tokens in them, and the way back.
 *
 * @param json a `tokens.json`
 * @param url where it came from, for the error
 * @throws EngineError `model-invalid`
 */
export function compareTexts(
  tokenizer: Tokenizer,
  json: unknown,
  { url, report }: { url: string; report: TokenReport },
): void {
  // Where the reference puts a space before every text, text from outside gets none here, as it follows other text.
  const space = isSame(tokenizer.encodeTemplate("a"), tokenizer.encodeText("a")) ? "" : " ";
  for (const [i, reader] of JsonReader.ofTexts(json, url).objects("cases", MOST).entries()) {
    const text = reader.string("text");
    const ids = reader.integers("ids", MOST);
    const special = reader.integers("ids_special_parsed", { ...MOST, absent: ids });
    report.texts++;
    if (!isSame(tokenizer.encodeText(space + text), ids))
      report.faults.push(`Text ${i} has other ids than in the reference.`);
    if (!isSame(tokenizer.encodeTemplate(text), special))
      report.faults.push(`Text ${i} as a template has other ids than in the reference.`);
    if (tokenizer.decode(ids) !== reader.string("decoded", text))
      report.faults.push(`The ids of text ${i} are another text than in the reference.`);
  }
}

type Role = "system" | "user" | "assistant";
const isRole = (role: string): role is Role => ["system", "user", "assistant"].includes(role);

/**
 * Compares the ids of conversations: those of the reference for templates in Jinja, or those for templates of MLC.
 *
 * @param json a `chat.json`
 * @param url where it came from, for the error
 * @throws EngineError `model-invalid`
 */
export async function compareConversations(
  { tokenizer, template }: { tokenizer: Tokenizer; template: ChatTemplate },
  json: unknown,
  { url, report }: { url: string; report: TokenReport },
): Promise<void> {
  const readers = JsonReader.ofTexts(json, url).objects("conversations", MOST);
  const reference = "jinja" in template ? "jinja_ids" : "mlc_ids";
  const parts = { tokenizer, renderer: rendererInThread };
  const { writer, fault } = await createPromptWriter(template, parts);
  if (fault) report.faults.push(`The chat template cannot be used: ${fault}.`);
  for (const [i, reader] of readers.entries()) {
    const messages = readMessages(reader);
    if (messages === undefined || !reader.has(reference)) {
      report.leftOut++;
      continue;
    }
    report.conversations++;
    const prompt = promptTokens(await writer.write(messages, 0));
    if (!isSame(prompt, reader.integers(reference, MOST)))
      report.faults.push(`Conversation ${i} has other ids than in the reference.`);
  }
}

/** How the reference has a reply with reasoning. */
const REASONED = /^<think>\n([^]*?)\n<\/think>\n\n([^]*)$/;

/** The messages of a conversation; undefined if some are of other roles than here. */
function readMessages(reader: JsonReader): TemplateMessage[] | undefined {
  const messages = reader.objects("messages", MOST).map((message) => ({
    role: message.string("role"),
    text: message.string("content"),
  }));
  const ours = messages.flatMap(({ role, text }): TemplateMessage[] => {
    if (!isRole(role)) return [];
    const [, reasoning, answer = ""] = (role === "assistant" && REASONED.exec(text)) || [];
    return [reasoning === undefined ? { role, text } : { role, text: answer, reasoning }];
  });
  return ours.length < messages.length ? undefined : ours;
}
