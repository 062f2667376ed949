import { type ReactNode, useEffect, useRef } from "react";

interface ModalDialogProps {
  label: string;
  className: string;
  /** Called with the value of the button that closed the dialog; it is empty after Escape. */
  onClose: (returnValue: string) => void;
  children: ReactNode;
}

/** A dialog that is modal for as long as it is mounted. */
export function ModalDialog({ label, className, onClose, children }: ModalDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-label={label}
      onClose={(event) => onClose(event.currentTarget.returnValue)}
    >
      {children}
    </dialog>
  );
}
