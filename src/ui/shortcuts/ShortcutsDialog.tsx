import "../styles/settings.css";
import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { Fragment } from "react";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";
import { keyNames, shortcutName } from "./shortcut-words.ts";
import { SHORTCUTS } from "./shortcuts.ts";
import { isMac } from "./use-shortcuts.ts";

interface ShortcutsDialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** The list of all keyboard shortcuts. */
export function ShortcutsDialog({ isOpen, onOpenChange }: ShortcutsDialogProps) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => onOpenChange(open)}>
      <DialogPanel className="shortcuts">
        <header>
          <Dialog.Title>{t`Keyboard shortcuts`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <dl>
          {SHORTCUTS.map((shortcut) => (
            <div key={shortcut.id}>
              <dt>{shortcutName(shortcut.id)}</dt>
              <dd dir="ltr">
                {keyNames(shortcut, isMac()).map((name, i) => (
                  <Fragment key={name}>
                    {i > 0 && " "}
                    <kbd>{name}</kbd>
                  </Fragment>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </DialogPanel>
    </Dialog.Root>
  );
}
