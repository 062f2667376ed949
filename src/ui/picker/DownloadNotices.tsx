import { t } from "@lingui/core/macro";
import {
  useArrivedDownloads,
  useChosenModel,
  useClient,
  useDownloads,
} from "../../client/hooks/client-context.ts";
import { DownloadProgress } from "./DownloadProgress.tsx";
import { useDownloadActions } from "./use-download-actions.ts";

/**
 * The downloads of this visit, beside the conversation: how those go that are not done, and an offer to use one that is.
 * The model in use answers meanwhile.
 */
export function DownloadNotices({ onUse }: { onUse: (url: string) => void }) {
  const { arrivedDownloads } = useClient();
  const { wanted } = useChosenModel();
  const actions = useDownloadActions();
  const underway = useDownloads().filter(({ state }) => state !== "done");
  const arrived = useArrivedDownloads().filter(({ url }) => url !== wanted);
  return (
    <>
      {underway.map((download) => (
        <section
          key={download.url}
          className="keep"
          aria-label={t`Downloading ${{ name: download.name }}`}
        >
          <p>{download.name}</p>
          <DownloadProgress download={download} {...actions} />
        </section>
      ))}
      {arrived.map(({ url, name }) => (
        <section key={url} className="keep" aria-label={t`Downloaded`}>
          <p role="status">{t`${name} is on this device now.`}</p>
          <span className="choices">
            <button
              type="button"
              className="primary"
              onClick={() => {
                arrivedDownloads.dismiss(url);
                onUse(url);
              }}
            >
              {t`Use it now`}
            </button>
            <button type="button" onClick={() => arrivedDownloads.dismiss(url)}>
              {t`Not now`}
            </button>
          </span>
        </section>
      ))}
    </>
  );
}
