import { ModalDialog } from "../ModalDialog.tsx";

const CONFIRMED = "delete";

interface DeleteDialogProps {
  title: string;
  onDecide: (isConfirmed: boolean) => void;
}

/** Asks before a conversation is deleted. */
export function DeleteDialog({ title, onDecide }: DeleteDialogProps) {
  return (
    <ModalDialog
      label="Delete conversation"
      className="dialog"
      onClose={(returnValue) => onDecide(returnValue === CONFIRMED)}
    >
      <form method="dialog">
        <p>Delete “{title}”? This cannot be undone.</p>
        <div className="actions">
          <button>Cancel</button>
          <button className="danger" value={CONFIRMED}>
            Delete
          </button>
        </div>
      </form>
    </ModalDialog>
  );
}
