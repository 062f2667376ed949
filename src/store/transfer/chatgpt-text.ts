import { fieldsOf, type Fields } from "../../shared/record-fields.ts";
import { fenced } from "./fenced.ts";

/** What a message of ChatGPT's says, and what was thought before one. */
interface ChatGptText {
  text: string;
  thoughts?: string;
}

/** Contents that were written for the model or by the page, and not by anybody in the chat. */
const UNSAID = new Set([
  "user_editable_context",
  "model_editable_context",
  "reasoning_recap",
  "execution_output",
  "system_error",
]);

/** The text of a message, with a note in place of what is none: "[image]". */
export function chatGptText(message: Fields): ChatGptText {
  const content = fieldsOf(message["content"]);
  const type = content?.["content_type"];
  if (!content || (typeof type === "string" && UNSAID.has(type))) return { text: "" };
  if (type === "thoughts") return { text: "", thoughts: thoughtsOf(content["thoughts"]) };
  if (type === "code") return { text: codeOf(content) };
  const parts = listOf(content["parts"]).map(partOf);
  const notes = listOf(fieldsOf(message["metadata"])?.["attachments"]).map(attachmentNote);
  const text = [...notes, ...parts].filter(Boolean).join("\n");
  return { text: withoutCitations(text) };
}

function partOf(part: unknown): string {
  if (typeof part === "string") return part;
  const { content_type: type, text } = fieldsOf(part) ?? {};
  if (typeof text === "string") return text;
  const kind = typeof type === "string" ? type : "";
  return NOTES.find(({ in: words }) => kind.includes(words))?.note ?? "";
}

const NOTES = [
  { in: "image", note: "[image]" },
  { in: "video", note: "[video]" },
  { in: "audio", note: "[audio]" },
  { in: "asset", note: "[attachment]" },
] as const;

/** Images stand among the parts besides. */
function attachmentNote(attachment: unknown): string {
  const { name, mime_type: type } = fieldsOf(attachment) ?? {};
  if (typeof name !== "string" || (typeof type === "string" && type.startsWith("image/")))
    return "";
  return `[file: ${name.slice(0, 256)}]`;
}

function codeOf({ text, language }: Fields): string {
  if (typeof text !== "string" || text === "") return "";
  const isWord = typeof language === "string" && /^[\w+#-]{1,32}$/.test(language);
  return fenced(text, isWord && language !== "unknown" ? language : "");
}

function thoughtsOf(thoughts: unknown): string {
  return listOf(thoughts)
    .map((thought) => {
      const { summary, content } = fieldsOf(thought) ?? {};
      return [summary, content].filter((one) => typeof one === "string" && one !== "").join("\n\n");
    })
    .filter(Boolean)
    .join("\n\n");
}

/** Marks between two letters of a private use stand for links that the export does not have. */
const withoutCitations = (text: string): string =>
  text.replace(/\ue200[^\ue200\ue201]*\ue201/g, "");

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
