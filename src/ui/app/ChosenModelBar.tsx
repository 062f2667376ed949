import { ModelBar } from "../models/ModelBar.tsx";
import type { ModelFiles } from "../models/use-model-files.ts";
import { ModelChooserButton } from "../picker/ModelChooserButton.tsx";
import type { ShownModel } from "./use-shown-model.ts";

/** Whether the choice of models is open. */
export interface Choosing {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

interface ChosenModelBarProps {
  shown: ShownModel;
  choosing: Choosing;
  onUse: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** The model that answers, and everything by which another one is taken. */
export function ChosenModelBar({ shown, choosing, onUse, onFiles }: ChosenModelBarProps) {
  const { name, place, offered, advice } = shown;
  return (
    <ModelBar
      chooser={<ModelChooserButton name={name} {...choosing} onUse={onUse} onFiles={onFiles} />}
      place={place}
      offered={offered}
      advice={advice}
      onSwitch={onUse}
      onFiles={onFiles}
    />
  );
}
