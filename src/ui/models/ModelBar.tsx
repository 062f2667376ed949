import type { OfferedModel } from "../../client/models/offered-model.ts";
import { byteSize } from "../byte-size.ts";
import { OpenFileButton } from "./OpenFileButton.tsx";
import type { ModelFiles } from "./use-model-files.ts";

interface ModelBarProps {
  /** Undefined until it is known which model answers. */
  name: string | undefined;
  offered: OfferedModel | undefined;
  onSwitch: (url: string) => void;
  onFiles: ModelFiles["open"];
}

/** Says which model answers, and lets a person take another one. */
export function ModelBar({ name, offered, onSwitch, onFiles }: ModelBarProps) {
  return (
    <div className="model-bar" role="group" aria-label="Choice of model">
      <p title={name}>{name}</p>
      <span className="choices">
        {offered && (
          <button type="button" onClick={() => onSwitch(offered.url)}>
            Use {offered.name}
            {offered.bytes !== undefined && ` (${byteSize(offered.bytes)})`}
          </button>
        )}
        <OpenFileButton onFiles={onFiles} />
      </span>
    </div>
  );
}
