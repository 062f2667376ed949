import { t } from "@lingui/core/macro";
import { Dialog } from "@base-ui/react/dialog";
import type { QualityLevel } from "../../protocol/quality.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { StorageSettings } from "../storage/StorageSettings.tsx";
import { DeviceSettings } from "./DeviceSettings.tsx";

interface SettingsDialogProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
}

/**
 * A button, and the dialog that it opens: what can be chosen for all conversations. That is what the model runs on, and
 * what the browser keeps.
 */
export function SettingsDialog({ askedQuality }: SettingsDialogProps) {
  return (
    <Dialog.Root>
      <Dialog.Trigger className="settings-button">{t`Settings`}</Dialog.Trigger>
      <DialogPanel className="settings">
        <Dialog.Title>{t`Settings`}</Dialog.Title>
        <DeviceSettings />
        <StorageSettings askedQuality={askedQuality} />
        <div className="actions">
          <Dialog.Close>{t`Close`}</Dialog.Close>
        </div>
      </DialogPanel>
    </Dialog.Root>
  );
}
