import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

interface DialogPanelProps {
  /** Besides that of every dialog. */
  className?: string;
  /** Contains a `Dialog.Title`, which is the dialog's name for screen readers. */
  children: ReactNode;
}

/**
 * The panel of a modal dialog, above a darkened page. Belongs into a `Dialog.Root` or an `AlertDialog.Root`, which keep
 * the focus in it while it is open, close it at Escape, and give the focus back to what had it before.
 */
export function DialogPanel({ className, children }: DialogPanelProps) {
  return (
    <Dialog.Portal>
      <Dialog.Backdrop className="dialog-backdrop" />
      <Dialog.Viewport className="dialog-viewport">
        <Dialog.Popup className={["dialog", className].filter(Boolean).join(" ")}>
          {children}
        </Dialog.Popup>
      </Dialog.Viewport>
    </Dialog.Portal>
  );
}
