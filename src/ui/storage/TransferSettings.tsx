import { i18n } from "@lingui/core";
import { plural, t } from "@lingui/core/macro";
import { useRef } from "react";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { useExport, useImport } from "../../client/hooks/transfer-queries.ts";
import { lastExport } from "../../client/last-export.ts";
import type { ImportSummary } from "../../protocol/store-api.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
import { saveFile } from "./save-file.ts";

/** Takes all conversations out of the browser as a file, and adds those of such a file. */
export function TransferSettings() {
  const input = useRef<HTMLInputElement>(null);
  const exporting = useExport();
  const importing = useImport();
  const failure = exporting.error ?? importing.error;
  const last = lastExport();
  const save = () => {
    exporting.mutate(undefined, { onSuccess: (file) => saveFile(file, fileName()) });
  };
  return (
    <section className="transfer" aria-labelledby="transfer">
      <h3 id="transfer">{t`Export and import`}</h3>
      <p>{last === undefined ? t`Conversations were not exported yet.` : lastSentence(last)}</p>
      <div className="actions">
        <button type="button" disabled={exporting.isPending} onClick={save}>
          {t`Export all conversations`}
        </button>
        <button type="button" disabled={importing.isPending} onClick={() => input.current?.click()}>
          {t`Import…`}
        </button>
        <input
          ref={input}
          type="file"
          accept=".json,application/json"
          hidden
          aria-label={t`File to import`}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) importing.mutate(file);
            // The same file can be chosen again.
            currentTarget.value = "";
          }}
        />
      </div>
      <p role="status">
        {failure ? failureSentence(failureOf(failure)) : importedSentence(importing.data)}
      </p>
    </section>
  );
}

const fileName = (): string => `rekindle-${new Date().toISOString().slice(0, 10)}.json`;

const lastSentence = (timeMs: number): string => {
  const date = new Date(timeMs).toLocaleDateString(i18n.locale, { dateStyle: "long" });
  return t`The last export was on ${date}.`;
};

const importedSentence = (summary: ImportSummary | undefined): string => {
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
