import { wholeText } from "../../protocol/attachments.ts";
import type { ConversationRecord, MarkdownWords, MessageRecord } from "../../protocol/store-api.ts";

/**
 * One conversation as Markdown: the messages that are shown, each under a heading that says who wrote it, and when. Texts
 * stand there as they are, as models write Markdown themselves and code must not change.
 *
 * @param messages the whole tree, with the head as the last message
 */
export function conversationMarkdown(
  { title, createdAtMs }: ConversationRecord,
  messages: readonly MessageRecord[],
  words: MarkdownWords,
): string {
  const heading = `# ${escaped(title.replace(/\s+/g, " ").trim() || words.untitled)}`;
  const begun = dateWords(createdAtMs, words.locale);
  const parts = pathTo(messages).map((message) => messageMarkdown(message, words));
  return `${[heading, begun, ...parts].filter(Boolean).join("\n\n")}\n`;
}

/** The path from the first message to the head, which is the last one. */
function pathTo(messages: readonly MessageRecord[]): MessageRecord[] {
  const unvisited = new Map(messages.map((message) => [message.id, message]));
  const path: MessageRecord[] = [];
  let next = messages.at(-1);
  while (next) {
    unvisited.delete(next.id);
    path.push(next);
    next = unvisited.get(next.parentId ?? "");
  }
  return path.reverse();
}

function messageMarkdown(message: MessageRecord, words: MarkdownWords): string {
  const { role, reasoning, model, createdAtMs } = message;
  const heading = `## ${role === "user" ? words.user : words.assistant}`;
  const by = model && escaped(`${model.name}, ${model.quantization}`);
  const about = [by, dateWords(createdAtMs, words.locale)].filter(Boolean).join(" · ");
  const thoughts = reasoning && `> **${words.reasoning}**\n>\n${quoted(reasoning)}`;
  return [heading, about, thoughts, closed(wholeText(message))].filter(Boolean).join("\n\n");
}

const quoted = (text: string): string => text.replace(/^/gm, "> ");

/** A text in which the last fence is closed: one that was cut inside of code would take the next message into it. */
function closed(text: string): string {
  let open: string | undefined;
  for (const [, fence = "", info = ""] of text.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm))
    if (open === undefined) open = fence;
    else if (fence.startsWith(open) && info.trim() === "") open = undefined;
  const end = text.trimEnd();
  return open === undefined ? end : `${end}\n${open}`;
}

/** A title or a name as text, whatever letters it has. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>]/g, String.raw`\$&`);

function dateWords(timeMs: number, locale: string): string {
  const format = { dateStyle: "long", timeStyle: "short" } as const;
  return timeMs > 0 ? new Date(timeMs).toLocaleString(locale, format) : "";
}
