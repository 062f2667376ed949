import "../styles/picker.css";
import { t } from "@lingui/core/macro";
import type { Download } from "../../protocol/download-api.ts";
import { downloadWords } from "./download-words.ts";

export interface DownloadActions {
  /** Begins a download, or goes on with one that was paused or has failed. */
  onStart: (request: { url: string; name: string }) => void;
  onPause: (url: string) => void;
  /** Ends it, and removes what is there of it. */
  onCancel: (url: string) => void;
}

interface DownloadProgressProps extends DownloadActions {
  download: Download;
}

/** A download that is not done: how far it is, and what can be done about it. */
export function DownloadProgress({ download, onStart, onPause, onCancel }: DownloadProgressProps) {
  const { url, name, state, loadedBytes, totalBytes } = download;
  const isStopped = state === "paused" || state === "failed";
  return (
    <div className="download">
      <p>{downloadWords(download)}</p>
      {state !== "failed" && (
        <progress
          aria-label={t`Download of ${name}`}
          {...(totalBytes !== undefined && { value: loadedBytes, max: totalBytes })}
        />
      )}
      <span className="choices">
        {isStopped ? (
          <button
            type="button"
            aria-label={state === "failed" ? t`Try again: ${name}` : t`Resume ${name}`}
            onClick={() => onStart({ url, name })}
          >
            {state === "failed" ? t`Try again` : t`Resume`}
          </button>
        ) : (
          <button type="button" aria-label={t`Pause ${name}`} onClick={() => onPause(url)}>
            {t`Pause`}
          </button>
        )}
        <button type="button" aria-label={t`Cancel ${name}`} onClick={() => onCancel(url)}>
          {t`Cancel`}
        </button>
      </span>
    </div>
  );
}
