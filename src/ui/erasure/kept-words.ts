import { plural, t } from "@lingui/core/macro";
import type { Kept } from "../../client/erasure/kept-data.ts";
import type { KeptKind } from "../../protocol/kept-data.ts";
import { byteSize } from "../byte-size.ts";

/** What a kind of data is called. */
export function keptName(kind: KeptKind): string {
  switch (kind) {
    case "conversations":
      return t`Conversations`;
    case "caches":
      return t`Caches of conversations`;
    case "learned":
      return t`What this device has learned and measured`;
    case "models":
      return t`Models and downloads`;
    case "drafts":
      return t`Drafts`;
    case "settings":
      return t`Settings and choices`;
    case "app":
      return t`The page for use offline`;
  }
}

/** What becomes of it. */
export function keptNote(kind: KeptKind): string {
  switch (kind) {
    case "conversations":
      return t`All text, with its caches. This cannot be undone.`;
    case "caches":
      return t`The next answer in each conversation begins later, once.`;
    case "learned":
      return t`It is learned and measured again while you chat.`;
    case "models":
      return t`Weights, unfinished downloads and ways to your files. Models have to be downloaded or opened again.`;
    case "drafts":
      return t`What you typed and did not send.`;
    case "settings":
      return t`Everything is as at a first visit.`;
    case "app":
      return t`The page then needs the network once.`;
  }
}

/** How much there is: "3 conversations, 12 messages" or "9.3 MB". */
export function keptAmount({ kind, count, messages, bytes }: Kept): string {
  if (!count && !messages && !bytes) return t`none`;
  const parts = [
    kind === "conversations"
      ? plural(count ?? 0, { one: "# conversation", other: "# conversations" })
      : count !== undefined && plural(count, { one: "# entry", other: "# entries" }),
    messages ? plural(messages, { one: "# message", other: "# messages" }) : false,
    bytes !== undefined && byteSize(bytes),
  ];
  return parts.filter((part) => part !== false).join(", ");
}
