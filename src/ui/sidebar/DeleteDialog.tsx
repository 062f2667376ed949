import { AlertDialog } from "@base-ui/react/alert-dialog";
import { t } from "@lingui/core/macro";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { displayTitle } from "./ConversationLink.tsx";

/** Connects the dialog with the buttons that open it, each for the conversation that it stands for. */
export type DeleteHandle = AlertDialog.Handle<ConversationRecord>;

interface DeleteDialogProps {
  handle: DeleteHandle;
  onConfirm: (conversationId: string) => void;
}

/** Asks before a conversation is deleted. */
export function DeleteDialog({ handle, onConfirm }: DeleteDialogProps) {
  return (
    <AlertDialog.Root handle={handle}>
      {({ payload }) =>
        payload && (
          <DialogPanel>
            <AlertDialog.Title>{t`Delete conversation`}</AlertDialog.Title>
            <AlertDialog.Description>
              {deletionQuestion(displayTitle(payload))}
            </AlertDialog.Description>
            <div className="actions">
              <AlertDialog.Close>{t`Cancel`}</AlertDialog.Close>
              <AlertDialog.Close className="danger" onClick={() => onConfirm(payload.id)}>
                {t`Delete`}
              </AlertDialog.Close>
            </div>
          </DialogPanel>
        )
      }
    </AlertDialog.Root>
  );
}

const deletionQuestion = (title: string): string => t`Delete “${title}”? This cannot be undone.`;
