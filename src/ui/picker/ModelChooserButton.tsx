import { t } from "@lingui/core/macro";
import { ChevronDown } from "lucide-react";
import { useRef } from "react";
import type { ModelFiles } from "../models/use-model-files.ts";
import { laterPart } from "../later/later-part.tsx";
import { useLaterDialog } from "../later/use-later-dialog.ts";

const ModelChooser = laterPart(async () => (await import("./ModelChooser.tsx")).ModelChooser);

interface ModelChooserButtonProps {
  /** What the model in use is called; undefined until that is known. */
  name: string | undefined;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** Loads a model that is here. */
  onUse: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** A button that names the model in use, and the dialog in which another one is chosen. */
export function ModelChooserButton({ name, ...dialog }: ModelChooserButtonProps) {
  const { isOpen, onOpenChange } = dialog;
  const button = useRef<HTMLButtonElement>(null);
  useLaterDialog(ModelChooser, isOpen, () => onOpenChange(false));
  return (
    <>
      <button
        ref={button}
        type="button"
        className="chooser"
        aria-label={name === undefined ? t`Choose a model` : t`Model: ${name}`}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={ModelChooser.fetchAhead}
        onFocus={ModelChooser.fetchAhead}
        onClick={() => onOpenChange(true)}
      >
        <span title={name} translate={name === undefined ? undefined : "no"}>
          {name ?? t`Choose a model`}
        </span>
        <ChevronDown aria-hidden className="arrow" size="1em" />
      </button>
      <ModelChooser opener={button} {...dialog} />
    </>
  );
}
