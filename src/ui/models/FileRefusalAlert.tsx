import { t } from "@lingui/core/macro";
import type { FileRefusal } from "../../client/local-files/model-files.ts";
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
      <button type="button" onClick={onDismiss}>
        {t`Dismiss`}
      </button>
    </div>
  );
}
