import "../styles/settings.css";
import "../styles/storage.css";
import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { type RefObject, useSyncExternalStore } from "react";
import type { QualityLevel } from "../../protocol/quality.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";
import { FIRST_SECTION, openSection } from "./open-section.ts";
import { SettingsSections } from "./SettingsSections.tsx";

interface SettingsDialogProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
  /** What has the focus after it was closed. */
  opener: RefObject<HTMLElement | null>;
}

/** What can be chosen for all conversations, by sections. */
export function SettingsDialog({ askedQuality, opener }: SettingsDialogProps) {
  const section = useSyncExternalStore(openSection.subscribe, openSection.getSnapshot);
  return (
    <Dialog.Root
      open={section !== undefined}
      onOpenChange={(isOpen) => openSection.set(isOpen ? FIRST_SECTION : undefined)}
    >
      <DialogPanel className="settings" finalFocus={opener}>
        <header>
          <Dialog.Title>{t`Settings`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <SettingsSections
          askedQuality={askedQuality}
          section={section ?? FIRST_SECTION}
          onSection={(id) => openSection.set(id)}
        />
      </DialogPanel>
    </Dialog.Root>
  );
}
