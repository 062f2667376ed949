import { fieldsOf, type Fields } from "../../shared/record-fields.ts";
import { asConversation } from "../records/conversation-record.ts";
import { asMessage, inOrder } from "../records/message-record.ts";
import type { ReadConversation } from "./read-conversation.ts";

/** One conversation of a file that this page has written; undefined if it has nothing to read. */
export function readExported(found: Fields): ReadConversation | undefined {
  const conversation = asConversation(found["conversation"]);
  const listed = found["messages"];
  if (!conversation || !Array.isArray(listed)) return undefined;
  const messages = listed.flatMap((one: unknown) =>
    fieldsOf(one) ? (asMessage(one, conversation.id) ?? []) : [],
  );
  return messages.length === 0 ? undefined : { conversation, messages: inOrder(messages) };
}
