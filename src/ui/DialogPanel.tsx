import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";

interface DialogPanelProps {
  /** Besides that of every dialog. */
  className?: string;
  /** What has the focus after it was closed, if not what had it before. */
  finalFocus?: RefObject<HTMLElement | null>;
  /** It opens above another dialog, which is darkened too. */
  isNested?: boolean;
  /** Contains a `Dialog.Title`, which is the dialog's name for screen readers. */
  children: ReactNode;
}

/**
 * The panel of a modal dialog, above a darkened page. Belongs into a `Dialog.Root` or an `AlertDialog.Root`, which keep
 * the focus in it while it is open, close it at Escape, and give the focus back to what had it before.
 */
export function DialogPanel({
  className,
  finalFocus,
  isNested = false,
  children,
}: DialogPanelProps) {
  return (
    <Dialog.Portal>
      <Dialog.Backdrop className="dialog-backdrop" forceRender={isNested} />
      <Dialog.Viewport className="dialog-viewport">
        <Dialog.Popup
          className={["dialog", className].filter(Boolean).join(" ")}
          finalFocus={finalFocus}
        >
          {children}
        </Dialog.Popup>
      </Dialog.Viewport>
    </Dialog.Portal>
  );
}
