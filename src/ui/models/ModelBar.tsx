import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { ProcessorAdvice } from "../../client/models/processor-advice.ts";
import type { OfferedModel } from "../../client/models/offered-model.ts";
import { byteSize } from "../byte-size.ts";
import { adviceWords } from "../notices/advice-sentence.ts";
import { OpenFileButton } from "./OpenFileButton.tsx";
import type { ModelFiles } from "./use-model-files.ts";

interface ModelBarProps {
  /** The button that names the model, and opens the choice of others. */
  chooser: ReactNode;
  /** Where it runs, if that is worth saying. */
  place?: string | undefined;
  offered: OfferedModel | undefined;
  /** How the offered model will run here. */
  advice?: ProcessorAdvice | undefined;
  onSwitch: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** Says which model answers, and lets a person take another one. */
export function ModelBar({ chooser, place, offered, advice, onSwitch, onFiles }: ModelBarProps) {
  return (
    <div className="model-bar" role="group" aria-label={t`Choice of model`}>
      <div className={place === undefined ? "model" : "model placed"}>
        {chooser}
        {place && <span className="place">{place}</span>}
      </div>
      <span className="choices">
        {offered && (
          <button type="button" onClick={() => onSwitch(offered.url)}>
            {offerWords(offered, advice)}
          </button>
        )}
        <OpenFileButton className="open-file" onFiles={onFiles} />
      </span>
    </div>
  );
}

/** What the button says: which model it takes, and how large and quick that is, as far as it is known. */
function offerWords({ name, bytes }: OfferedModel, advice: ProcessorAdvice | undefined): string {
  if (bytes === undefined) return t`Use ${name}`;
  const size = byteSize(bytes);
  if (!advice) return t`Use ${name} (${size})`;
  return t`Use ${name} (${size}, ${{ speed: adviceWords(advice) }})`;
}
