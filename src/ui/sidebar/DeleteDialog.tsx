import { useEffect, useRef } from "react";

const CONFIRMED = "delete";

interface DeleteDialogProps {
  title: string;
  onDecide: (isConfirmed: boolean) => void;
}

/** Modal while it is mounted. */
export function DeleteDialog({ title, onDecide }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-label="Delete conversation"
      onClose={(event) => onDecide(event.currentTarget.returnValue === CONFIRMED)}
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
    </dialog>
  );
}
