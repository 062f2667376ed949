import { i18n } from "@lingui/core";
import { plural, t } from "@lingui/core/macro";
import { useRef } from "react";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { useExport, useImport } from "../../client/hooks/transfer-queries.ts";
import { lastExport } from "../../client/last-export.ts";
import type { ImportSummary } from "../../protocol/store-api.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
import { fileName } from "./file-name.ts";
import { markdownWords } from "./markdown-words.ts";
import { saveFile } from "./save-file.ts";

/** Takes all conversations out of the browser as a file, and adds those of such a file or of another program's. */
export function TransferSettings() {
  const exporting = useExport();
  const importing = useImport();
  const failure = exporting.error ?? importing.error;
  const last = lastExport();
  const save = (ending: "json" | "md") =>
    exporting.mutate(ending === "md" ? { markdown: markdownWords() } : {}, {
      onSuccess: (file) => saveFile(file, fileName(ending)),
    });
  return (
    <section className="transfer" aria-labelledby="transfer">
      <h3 id="transfer">{t`Export and import`}</h3>
      <p>{last === undefined ? t`Conversations were not exported yet.` : lastSentence(last)}</p>
      <div className="actions">
        <button type="button" disabled={exporting.isPending} onClick={() => save("json")}>
          {t`Export all conversations`}
        </button>
        <button type="button" disabled={exporting.isPending} onClick={() => save("md")}>
          {t`Export all as Markdown`}
        </button>
        <ImportButton isDisabled={importing.isPending} onFile={(file) => importing.mutate(file)} />
      </div>
      <p className="hint">
        {t`Files of this page, ChatGPT's conversations.json and exports of llama.cpp's web UI can be imported.`}
      </p>
      <p role="status">
        {importing.isPending && t`Reading the file…`}
        {failure ? failureSentence(failureOf(failure)) : importedSentence(importing.data)}
      </p>
    </section>
  );
}

interface ImportButtonProps {
  isDisabled: boolean;
  onFile: (file: File) => void;
}

function ImportButton({ isDisabled, onFile }: ImportButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" disabled={isDisabled} onClick={() => input.current?.click()}>
        {t`Import…`}
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,.jsonl,application/json"
        hidden
        aria-label={t`File to import`}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) onFile(file);
          // The same file can be chosen again.
          currentTarget.value = "";
        }}
      />
    </>
  );
}

const lastSentence = (timeMs: number): string => {
  const date = new Date(timeMs).toLocaleDateString(i18n.locale, { dateStyle: "long" });
  return t`The last export was on ${date}.`;
};

/** What was added, and how many conversations of the file could not be read. */
export const importedSentence = (summary: ImportSummary | undefined): string => {
  if (!summary) return "";
  const { conversations, unread } = summary;
  const added = plural(conversations, {
    one: "# conversation was added.",
    other: "# conversations were added.",
  });
  if (unread === 0) return added;
  const all = plural(conversations + unread, { one: "# conversation", other: "# conversations" });
  return `${added} ${t`${unread} of ${all} could not be read.`}`;
};
