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
  error: Error | null;
}

/** Exports one conversation. */
export function useConversationExport(): ConversationExport {
  const { mutate, mutateAsync, error } = useExport();
  return {
    saveJson: ({ id, title }) =>
      mutate(
        { conversationId: id },
        { onSuccess: (file) => saveFile(file, fileName("json", title)) },
      ),
    saveMarkdown: ({ id, title }) =>
      mutate(
        { conversationId: id, markdown: markdownWords() },
        { onSuccess: (file) => saveFile(file, fileName("md", title)) },
      ),
    // How that ends is in `error`.
    copyMarkdown: ({ id }) =>
      void copyText(async () => {
        const file = await mutateAsync({ conversationId: id, markdown: markdownWords() });
        return file.text();
      }).catch(() => undefined),
    error,
  };
}
