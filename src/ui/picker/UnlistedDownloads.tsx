import { t } from "@lingui/core/macro";
import { useId } from "react";
import type { ShownEntry } from "../../client/catalogue/shown-entries.ts";
import type { Download } from "../../protocol/download-api.ts";
import { DownloadProgress, type DownloadActions } from "./DownloadProgress.tsx";

interface UnlistedDownloadsProps extends DownloadActions {
  entries: readonly ShownEntry[];
  downloads: readonly Download[];
}

/** The downloads that are not done and that the catalogue does not show: those of models by address. */
export function UnlistedDownloads({ entries, downloads, ...actions }: UnlistedDownloadsProps) {
  const titleId = useId();
  const listed = new Set(
    entries.flatMap(({ variants }) => variants.map(({ variant: { url } }) => url)),
  );
  const shown = downloads.filter(({ url, state }) => state !== "done" && !listed.has(url));
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby={titleId}>
      <h3 id={titleId}>{t`Downloads`}</h3>
      <ul className="models">
        {shown.map((download) => (
          <li key={download.url} aria-label={download.name}>
            <div className="model">
              <p className="name" translate="no">
                {download.name}
              </p>
            </div>
            <div className="get">
              <DownloadProgress download={download} {...actions} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
