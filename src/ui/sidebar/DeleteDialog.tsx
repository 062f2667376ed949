import { AlertDialog } from "@base-ui/react/alert-dialog";
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
            <AlertDialog.Title>Delete conversation</AlertDialog.Title>
            <AlertDialog.Description>
              Delete “{displayTitle(payload)}”? This cannot be undone.
            </AlertDialog.Description>
            <div className="actions">
              <AlertDialog.Close>Cancel</AlertDialog.Close>
              <AlertDialog.Close className="danger" onClick={() => onConfirm(payload.id)}>
                Delete
              </AlertDialog.Close>
            </div>
          </DialogPanel>
        )
      }
    </AlertDialog.Root>
  );
}
