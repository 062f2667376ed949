import { draftAttachments } from "../../client/attachments/draft-attachments.ts";
import { moveDraft, NEW_CONVERSATION } from "../../client/session/drafts.ts";
import type { DraftSettings } from "../../client/settings/draft-settings.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import type { ConversationLocation } from "../address/conversation-location.ts";

/**
 * Makes the conversation that has not begun a temporary one, or takes that back. What was typed and chosen already goes
 * along, and is kept nowhere while the conversation is temporary.
 */
export function setTemporary(
  location: ConversationLocation,
  settings: DraftSettings,
  isWanted: boolean,
): void {
  const before = location.getSnapshot().conversationId;
  const now = location.setTemporary(isWanted);
  moveDraft(draftOf(before), draftOf(now));
  settings.move(before, now);
  void moveFiles(draftOf(before), draftOf(now));
}

const draftOf = (id: string): string => (isTemporary(id) ? id : NEW_CONVERSATION);

/** Files that are kept with a draft go along too; those of a temporary one stay with what was shown before. */
async function moveFiles(from: string, to: string): Promise<void> {
  const files = await draftAttachments.read(from);
  if (files.length === 0 || from === to) return;
  await draftAttachments.write(from, []);
  await draftAttachments.giveBack(to, files);
}
