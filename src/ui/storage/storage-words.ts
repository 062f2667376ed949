import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { ConversationRecord, StorageUsage } from "../../protocol/store-api.ts";
import { byteSize } from "../byte-size.ts";
import { formWords } from "./form-words.ts";

/** What the limit can be set to. The default is not among them, because it depends on the disk. */
export const LIMITS: readonly number[] = [250e6, 1e9, 4e9, 16e9];

/** A size that is a whole number of mega- or gigabytes: "250 MB". */
export function roundSize(bytes: number): string {
  const [amount, unit] = bytes < 1e9 ? [bytes / 1e6, "megabyte"] : [bytes / 1e9, "gigabyte"];
  return amount.toLocaleString(i18n.locale, { style: "unit", unit, unitDisplay: "short" });
}

export interface UsageRow {
  conversationId: string;
  title: string;
  size: string;
  /** How it is stored: "transformed, 11 times smaller". Absent where that is not known, or nothing is stored. */
  form?: string | undefined;
  /** The conversation is still in the list, so that its quality can be chosen. */
  isListed: boolean;
}

/** First the conversations whose caches take room, the largest first; then the others in the list's order. */
export function usageRows(
  usage: Pick<StorageUsage, "conversations">,
  conversations: readonly Pick<ConversationRecord, "id" | "title">[],
): UsageRow[] {
  const titles = new Map(conversations.map(({ id, title }) => [id, title]));
  const row = (conversationId: string, size: string, form?: string) => ({
    conversationId,
    // Another tab may have deleted the conversation, or this one may not have read the new list yet.
    title: titles.get(conversationId) || t`Untitled`,
    size,
    ...(form !== undefined && { form }),
    isListed: titles.has(conversationId),
  });
  const taking = usage.conversations
    .map((entry) => ({ ...entry, bytes: entry.ownBytes + entry.sharedBytes }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((some, other) => other.bytes - some.bytes)
    .map((entry) => row(entry.conversationId, sizeWords(entry), formWords(entry)));
  const seen = new Set(taking.map(({ conversationId }) => conversationId));
  const others = conversations.filter(({ id }) => !seen.has(id)).map(({ id }) => row(id, t`none`));
  return [...taking, ...others];
}

function sizeWords({ bytes, sharedBytes }: { bytes: number; sharedBytes: number }): string {
  if (sharedBytes === 0) return byteSize(bytes);
  // No-break spaces make a narrow column break the line after the comma only.
  return `${byteSize(bytes)}, ${t`${{ size: byteSize(sharedBytes) }} shared`.replaceAll(" ", "\u00a0")}`;
}

/** `isPersistent`: whether the browser has promised to keep the data; null where it does not say. */
export function persistenceSentence(isPersistent: boolean | null): string {
  if (isPersistent === null)
    return t`This browser does not say whether it keeps this page's data when the disk runs full.`;
  return isPersistent
    ? t`The browser has promised to keep this page's data: it will not delete it by itself, even when the disk runs full.`
    : t`The browser has not promised to keep this page's data: when the disk runs full, it may delete all of it, conversations included.`;
}

/** `reason`: why nothing can be kept, as the browser says it. */
export function memorySentence(reason: string): string {
  const why = reason === "" ? "" : ` (${reason.replace(/[.\s]+$/, "")})`;
  return t`This browser does not let the page keep anything${why}. Your conversations will be gone when you close this tab.`;
}
