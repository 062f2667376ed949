import type { QualityLevel } from "../../protocol/quality.ts";
import { ModalDialog } from "../ModalDialog.tsx";
import { StorageSettings } from "../storage/StorageSettings.tsx";
import { DeviceSettings } from "./DeviceSettings.tsx";

interface SettingsDialogProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
  onClose: () => void;
}

/** What can be chosen for all conversations: what the model runs on, and what the browser keeps. */
export function SettingsDialog({ askedQuality, onClose }: SettingsDialogProps) {
  return (
    <ModalDialog label="Settings" className="dialog settings" onClose={onClose}>
      <h2>Settings</h2>
      <DeviceSettings />
      <StorageSettings askedQuality={askedQuality} />
      <form method="dialog" className="actions">
        <button>Close</button>
      </form>
    </ModalDialog>
  );
}
