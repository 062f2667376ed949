import "../styles/picker.css";
import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import type { RefObject } from "react";
import type { ModelFiles } from "../models/use-model-files.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";
import { ModelPicker } from "./ModelPicker.tsx";

interface ModelChooserProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** What has the focus after it was closed. */
  opener: RefObject<HTMLElement | null>;
  /** Loads a model that is here. */
  onUse: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** The dialog in which a model is chosen. */
export function ModelChooser({ isOpen, onOpenChange, opener, onUse, onFiles }: ModelChooserProps) {
  const leave = () => onOpenChange(false);
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => onOpenChange(open)}>
      <DialogPanel className="picker" finalFocus={opener}>
        <header>
          <Dialog.Title>{t`Models`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <ModelPicker
          onUse={(url) => {
            leave();
            onUse(url);
          }}
          onFiles={(files) => {
            leave();
            onFiles(files);
          }}
        />
      </DialogPanel>
    </Dialog.Root>
  );
}
