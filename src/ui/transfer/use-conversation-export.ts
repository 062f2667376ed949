import { t } from "@lingui/core/macro";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { useExport } from "../../client/hooks/transfer-queries.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { copyText } from "../copy-text.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
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
}

/**
 * Exports one conversation.
 *
 * @param tell is given a sentence when a copy was made, and when anything fails; a file that is saved is seen anyway
 */
export function useConversationExport(tell: (sentence: string) => void): ConversationExport {
  const { mutateAsync } = useExport();
  const fileOf = (id: string, isMarkdown: boolean) =>
    mutateAsync({ conversationId: id, ...(isMarkdown && { markdown: markdownWords() }) });
  const attempt = (work: Promise<void>) =>
    void work.catch((error: unknown) =>
      tell(
        error instanceof DOMException
          ? t`The browser does not let the page copy.`
          : failureSentence(failureOf(error instanceof Error ? error : new Error(String(error)))),
      ),
    );
  const save = async ({ id, title }: Exported, ending: "json" | "md") =>
    saveFile(await fileOf(id, ending === "md"), fileName(ending, title));
  const copy = async ({ id }: Exported) => {
    await copyText(async () => (await fileOf(id, true)).text());
    tell(t`The conversation was copied.`);
  };
  return {
    saveJson: (conversation) => attempt(save(conversation, "json")),
    saveMarkdown: (conversation) => attempt(save(conversation, "md")),
    copyMarkdown: (conversation) => attempt(copy(conversation)),
  };
}
