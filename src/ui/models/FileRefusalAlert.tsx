import { t } from "@lingui/core/macro";
import type { FileRefusal } from "../../client/local-files/model-files.ts";
import { CopyDetails } from "../notices/CopyDetails.tsx";
import { refusalSentence } from "./refusal-sentence.ts";

interface FileRefusalAlertProps {
  refusal: FileRefusal;
  onDismiss: () => void;
}

/** Says why files were not opened. The model in use stays. */
export function FileRefusalAlert({ refusal, onDismiss }: FileRefusalAlertProps) {
  return (
    <div role="alert" className="alert">
      <p>{refusalSentence(refusal)}</p>
      <span className="choices">
        <CopyDetails failure={{ code: "file-refused", ...refusal }} />
        <button type="button" onClick={onDismiss}>
          {t`Dismiss`}
        </button>
      </span>
    </div>
  );
}
