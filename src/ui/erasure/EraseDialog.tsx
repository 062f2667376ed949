import { AlertDialog } from "@base-ui/react/alert-dialog";
import { t } from "@lingui/core/macro";
import { askToErase } from "../../client/erasure/erasure.ts";
import { useExport } from "../../client/hooks/transfer-queries.ts";
import { KEPT_KINDS, type KeptKind } from "../../protocol/kept-data.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { fileName } from "../transfer/file-name.ts";
import { saveFile } from "../transfer/save-file.ts";
import { keptName } from "./kept-words.ts";

interface EraseDialogProps {
  /** Of the button that asks. */
  label: string;
  kinds: readonly KeptKind[];
  /** Whether there are conversations, which can be exported first. */
  hasText: boolean;
  isDanger?: boolean;
}

/** A button, and the question that it asks before anything is deleted. */
export function EraseDialog({ label, kinds, hasText, isDanger = false }: EraseDialogProps) {
  const isAll = kinds.length === KEPT_KINDS.length;
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger
        className={isDanger ? "danger" : undefined}
        disabled={kinds.length === 0}
      >
        {label}
      </AlertDialog.Trigger>
      <DialogPanel className="erase" isNested>
        <AlertDialog.Title>{isAll ? t`Delete everything` : t`Delete data`}</AlertDialog.Title>
        <AlertDialog.Description>
          {t`This goes from this browser, in all tabs, and cannot be undone. Answers that are being written stop, and the page starts again.`}
        </AlertDialog.Description>
        <ul>
          {kinds.map((kind) => (
            <li key={kind}>{keptName(kind)}</li>
          ))}
        </ul>
        {kinds.includes("conversations") && hasText && <ExportFirst />}
        <div className="actions">
          <AlertDialog.Close>{t`Cancel`}</AlertDialog.Close>
          <button type="button" className="danger" onClick={() => askToErase(kinds)}>
            {isAll ? t`Delete everything` : t`Delete`}
          </button>
        </div>
      </DialogPanel>
    </AlertDialog.Root>
  );
}

/** Text is the only thing here that nobody can download or compute again. */
function ExportFirst() {
  const exporting = useExport();
  const save = () =>
    exporting.mutate({}, { onSuccess: (file) => saveFile(file, fileName("json")) });
  return (
    <p className="export-first">
      <button type="button" disabled={exporting.isPending} onClick={save}>
        {t`Export all conversations first`}
      </button>
      <span role="status">{exporting.isSuccess && t`The file was saved.`}</span>
    </p>
  );
}
