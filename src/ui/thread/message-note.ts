import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { numberWords } from "../number-words.ts";

/** The note under a reply that is not whole; null for one that is. */
export function messageNote({
  status,
  finishReason,
}: Pick<MessageRecord, "status" | "finishReason">): string | null {
  switch (status) {
    case "streaming":
      return t`Interrupted`;
    case "stopped":
      // A reply that nobody cancelled was not ended by the reader, but by a reload or a crash. It may have gone on from
      // where an earlier reason had ended it.
      return finishReason === "cancelled" ? t`Stopped` : t`Interrupted`;
    case "failed":
      return t`Not finished`;
    case "complete":
      return cutNote(finishReason);
  }
}

/** The note under a reply that messages out of view had an influence on; null for any other. */
export function memoryNote({ context }: Pick<MessageRecord, "context">): string | null {
  return context?.approximate
    ? t`Answered from memory made while the older messages were still in view`
    : null;
}

/** The note under a reply before which an engine had to read the conversation again; null for any other. */
export function rereadingNote({ rereading }: Pick<MessageRecord, "rereading">): string | null {
  if (!rereading) return null;
  const tokens = numberWords(rereading.tokens);
  const seconds = (rereading.ms / 1000).toLocaleString(i18n.locale, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return t`Re-read ${tokens} tokens in ${seconds} s`;
}

/** What stands above the folded reasoning of a reply. */
export function reasoningLabel({
  reasoningMs,
  isThinking,
}: {
  reasoningMs: number | undefined;
  isThinking: boolean;
}): string {
  if (isThinking) return t`Thinking…`;
  // A reload or a crash has cut the reply short, and with it the time.
  if (reasoningMs === undefined) return t`Reasoning`;
  const seconds = Math.max(1, Math.round(reasoningMs / 1000));
  if (seconds < 60) return t`Thought for ${seconds} s`;
  return t`Thought for ${{ minutes: Math.floor(seconds / 60) }} min ${{ seconds: seconds % 60 }} s`;
}

function cutNote(reason: MessageRecord["finishReason"]): string | null {
  if (reason === "length") return t`Cut off at the length limit`;
  if (reason === "context-full")
    return t`Cut off: the conversation is as long as the model can read`;
  if (reason === "repetition")
    return t`Stopped, because the model repeated itself. You can have it answer anew, or continue.`;
  return null;
}
