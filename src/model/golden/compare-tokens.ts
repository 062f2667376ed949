import { JsonReader } from "../../shared/json-reader.ts";
import {
  promptTokens,
  renderPrompt,
  slotsOf,
  type ChatTemplate,
} from "../../tokenizer/chat-template.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

/** What came of the comparison of a tokenizer with its reference. */
export interface TokenReport {
  texts: number;
  conversations: number;
  /** Conversations that have no reference, or that are written otherwise here by intent. */
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
 * Compares the ids of conversations. MLC strips the reasoning of earlier answers from a conversation and Rekindle does
 * not, so conversations with reasoning are left out.
 *
 * @param json a `chat.json`
 * @param url where it came from, for the error
 * @throws EngineError `model-invalid`
 */
export function compareConversations(
  { tokenizer, template }: { tokenizer: Tokenizer; template: ChatTemplate },
  json: unknown,
  { url, report }: { url: string; report: TokenReport },
): void {
  const readers = JsonReader.ofTexts(json, url).objects("conversations", MOST);
  for (const [i, reader] of readers.entries()) {
    const messages = readMessages(reader);
    if (messages === undefined || !reader.has("mlc_ids")) {
      report.leftOut++;
      continue;
    }
    report.conversations++;
    const prompt = promptTokens(renderPrompt(slotsOf(template), tokenizer, messages));
    if (!isSame(prompt, reader.integers("mlc_ids", MOST)))
      report.faults.push(`Conversation ${i} has other ids than in the reference.`);
  }
}

/** The messages of a conversation; undefined if it is written otherwise here. */
function readMessages(reader: JsonReader): { role: Role; text: string }[] | undefined {
  const messages = reader.objects("messages", MOST).map((message) => ({
    role: message.string("role"),
    text: message.string("content"),
  }));
  const ours = messages.flatMap(({ role, text }) => (isRole(role) ? [{ role, text }] : []));
  const reasons = ours.some(({ role, text }) => role === "assistant" && text.includes("</think>"));
  return reasons || ours.length < messages.length ? undefined : ours;
}
