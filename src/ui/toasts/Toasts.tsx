import { t } from "@lingui/core/macro";
import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { IconButton } from "../IconButton.tsx";
import { toasts } from "./toast-manager.ts";
import "../styles/popups.css";

/** How long a toast stays, in milliseconds. While it is pointed at or has the focus, it stays longer. */
const SHOWN_MS = 8000;

/** The page's toasts: short notices of what was done, each with what takes it back. F6 brings the focus there. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts} timeout={SHOWN_MS}>
      <Toast.Portal>
        <Toast.Viewport className="toasts" aria-label={t`Notifications`}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts: shown, close } = Toast.useToastManager();
  return shown.map((toast) => (
    // The library makes it a dialog, for which Escape and all shortcuts would wait as long as it is there.
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="toast"
      swipeDirection={[]}
      role="group"
      aria-modal={undefined}
    >
      <Toast.Content className="toast-content">
        <Toast.Title render={<p />} />
        <Toast.Action />
        {/* The library's own button is hidden from screen readers until the toast has the focus. */}
        <IconButton icon={X} label={t`Dismiss`} onClick={() => close(toast.id)} />
      </Toast.Content>
    </Toast.Root>
  ));
}
