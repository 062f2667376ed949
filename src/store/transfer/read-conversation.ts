import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import { titleFrom } from "../records/title.ts";

/** A conversation as a file has it: checked, with the file's ids. */
export interface ReadConversation {
  conversation: ConversationRecord;
  /** The tree, each message behind the one that it follows. */
  messages: MessageRecord[];
}

/** The id of a conversation that is being read. Every conversation gets a new one when it is added. */
export const READ_ID = "read";

/** A title has one line in the list. */
const MAX_TITLE_LETTERS = 1000;

interface ForeignConversation {
  title: unknown;
  messages: MessageRecord[];
  createdAtMs: number | undefined;
  updatedAtMs: number | undefined;
  headId: string | undefined;
}

/** A conversation of another program; undefined if nobody has said anything in it. */
export function foreignConversation({
  title,
  messages,
  createdAtMs,
  updatedAtMs,
  headId,
}: ForeignConversation): ReadConversation | undefined {
  const [first, last] = [messages[0], messages.at(-1)];
  if (!first || !last) return undefined;
  const given = typeof title === "string" ? title.trim().slice(0, MAX_TITLE_LETTERS) : "";
  const created = createdAtMs ?? first.createdAtMs;
  const conversation = {
    id: READ_ID,
    title: given || titleFrom(messages.find(({ role }) => role === "user")?.text ?? first.text),
    createdAtMs: created,
    updatedAtMs: Math.max(created, updatedAtMs ?? last.createdAtMs),
    headId: headId ?? last.id,
    // Somebody has chosen it, there or here.
    ...(given !== "" && { isRenamed: true as const }),
  };
  return { conversation, messages };
}
