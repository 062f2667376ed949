import { t } from "@lingui/core/macro";
import { Dialog } from "@base-ui/react/dialog";
import { ChevronDown } from "lucide-react";
import { lazy, Suspense } from "react";
import type { ModelFiles } from "../models/use-model-files.ts";
import { DialogPanel } from "../DialogPanel.tsx";

const ModelPicker = lazy(async () => ({
  default: (await import("./ModelPicker.tsx")).ModelPicker,
}));

interface ModelChooserProps {
  /** What the model in use is called; undefined until that is known. */
  name: string | undefined;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** Loads a model that is here. */
  onUse: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** A button that names the model in use, and the dialog in which another one is chosen. */
export function ModelChooser({ name, isOpen, onOpenChange, onUse, onFiles }: ModelChooserProps) {
  const leave = () => onOpenChange(false);
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => onOpenChange(open)}>
      <Dialog.Trigger
        className="chooser"
        aria-label={name === undefined ? t`Choose a model` : t`Model: ${name}`}
      >
        <span title={name} translate={name === undefined ? undefined : "no"}>
          {name ?? t`Choose a model`}
        </span>
        <ChevronDown aria-hidden className="arrow" size="1em" />
      </Dialog.Trigger>
      <DialogPanel className="picker">
        <header>
          <Dialog.Title>{t`Models`}</Dialog.Title>
          <Dialog.Close>{t`Close`}</Dialog.Close>
        </header>
        <Suspense fallback={<p role="status">{t`Loading the list of models`}</p>}>
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
        </Suspense>
      </DialogPanel>
    </Dialog.Root>
  );
}
