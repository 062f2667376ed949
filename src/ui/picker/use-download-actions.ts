import { useClient } from "../../client/hooks/client-context.ts";
import type { DownloadActions } from "./DownloadProgress.tsx";

/** What a person can do about downloads. Who begins one has agreed to the host and the size. */
export function useDownloadActions(): DownloadActions {
  const { downloads, modelChoice } = useClient();
  return {
    onStart: (request) => {
      modelChoice.agreeToDownload(request.url, 0);
      // How it goes is in the list of downloads.
      void downloads.start(request);
    },
    onPause: (url) => void downloads.pause(url),
    onCancel: (url) => {
      modelChoice.takeBack(url);
      void downloads.cancel(url);
    },
  };
}
