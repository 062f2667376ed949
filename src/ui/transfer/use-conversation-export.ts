import { useState } from "react";
import { useExport } from "../../client/hooks/transfer-queries.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { copyText } from "../copy-text.ts";
import { fileName } from "./file-name.ts";
import { markdownWords } from "./markdown-words.ts";
import { saveFile } from "./save-file.ts";

type Exported = Pick<ConversationRecord, "id" | "title">;

/** What can be done with the text of one conversation outside of this page. */
export interface ConversationExport {
  /** All of it, to be imported again. */
  saveJson: (conversation: Exported) => void;
  /** What is shown of it, to be read. */
  saveMarkdown: (conversation: Exported) => void;
  copyMarkdown: (conversation: Exported) => void;
  /** Whether the last of these was a copy, and has succeeded. */
  isCopied: boolean;
  error: Error | null;
}

/** Exports one conversation. */
export function useConversationExport(): ConversationExport {
  const { mutateAsync, error } = useExport();
  const [isCopied, setCopied] = useState(false);
  const fileOf = (id: string, isMarkdown: boolean) => {
    setCopied(false);
    return mutateAsync({ conversationId: id, ...(isMarkdown && { markdown: markdownWords() }) });
  };
  /** How a failure ends is in `error`. */
  const attempt = (work: Promise<void>) => void work.catch(() => undefined);
  const save = async ({ id, title }: Exported, ending: "json" | "md") =>
    saveFile(await fileOf(id, ending === "md"), fileName(ending, title));
  const copy = async ({ id }: Exported) => {
    await copyText(async () => (await fileOf(id, true)).text());
    setCopied(true);
  };
  return {
    saveJson: (conversation) => attempt(save(conversation, "json")),
    saveMarkdown: (conversation) => attempt(save(conversation, "md")),
    copyMarkdown: (conversation) => attempt(copy(conversation)),
    isCopied,
    error,
  };
}
