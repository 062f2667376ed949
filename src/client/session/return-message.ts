import type { WholeMessage } from "../../protocol/attachments.ts";
import { draftAttachments } from "../attachments/draft-attachments.ts";
import { returnToDraft } from "./drafts.ts";

/** Puts a message that was sent back into the conversation's draft, with its files. False if not all of it could be kept. */
export async function returnMessage(
  conversationId: string,
  { text, attachments = [] }: WholeMessage,
): Promise<boolean> {
  const areKept =
    attachments.length === 0 || (await draftAttachments.giveBack(conversationId, attachments));
  return areKept && returnToDraft(conversationId, text);
}
