/** @file The files of messages that wait to be sent, kept where those of drafts are: they are too large for `localStorage`. */

import type { Attachment } from "../../protocol/attachments.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { draftAttachments } from "../attachments/draft-attachments.ts";
import { newId } from "../new-id.ts";
import type { QueuedFiles } from "./kept-queue.ts";

/** What waits in temporary conversations, and is kept nowhere else. */
const temporaryFiles = new Map<string, readonly Attachment[]>();

/** Keeps files until their message is sent. Undefined if they cannot be kept. */
export async function keepQueuedFiles(
  conversationId: string,
  attachments: readonly Attachment[],
): Promise<QueuedFiles | undefined> {
  const key = `queue ${newId()}`;
  const kept = { key, names: attachments.map(({ name }) => name) };
  if (isTemporary(conversationId)) {
    temporaryFiles.set(key, attachments);
    return kept;
  }
  await draftAttachments.write(key, attachments);
  // Storage that is full or blocked says nothing.
  return (await readQueuedFiles(kept)) ? kept : undefined;
}

/** Undefined if not all of them are there. */
export async function readQueuedFiles({
  key,
  names,
}: QueuedFiles): Promise<readonly Attachment[] | undefined> {
  const attachments = temporaryFiles.get(key) ?? (await draftAttachments.read(key));
  return attachments.length === names.length ? attachments : undefined;
}

export function forgetQueuedFiles({ key }: QueuedFiles): void {
  if (!temporaryFiles.delete(key)) void draftAttachments.write(key, []);
}

/** Puts files back into a draft, where they are kept from then on. */
export async function returnFiles(draftKey: string, files: QueuedFiles): Promise<void> {
  const attachments = await readQueuedFiles(files);
  if (attachments && (await draftAttachments.giveBack(draftKey, attachments)))
    forgetQueuedFiles(files);
}
