import { plural, t } from "@lingui/core/macro";
import type { Download } from "../../protocol/download-api.ts";
import { byteSize, bytesOf } from "../byte-size.ts";
import { failureSentence } from "../notices/failure-sentence.ts";

/** Where a download stands, in a line. */
export function downloadWords(download: Download): string {
  switch (download.state) {
    case "waiting":
      return t`Waiting`;
    case "indexing":
      return t`Reading what there is`;
    case "running":
      return [amountWords(download), ...paceWords(download)].join(" · ");
    case "paused":
      return t`Paused: ${{ amount: amountWords(download) }}`;
    case "failed":
      return download.failure ? failureSentence(download.failure) : t`The download has failed.`;
    case "done":
      return t`On this device`;
  }
}

function amountWords({ loadedBytes, totalBytes }: Download): string {
  return totalBytes === undefined ? byteSize(loadedBytes) : bytesOf(loadedBytes, totalBytes);
}

function paceWords({ loadedBytes, totalBytes, bytesPerSecond }: Download): string[] {
  if (bytesPerSecond === undefined || bytesPerSecond <= 0) return [];
  const speed = t`${{ size: byteSize(bytesPerSecond) }} a second`;
  if (totalBytes === undefined) return [speed];
  return [speed, leftWords((totalBytes - loadedBytes) / bytesPerSecond)];
}

/** Beyond this nobody counts. */
const MOST_HOURS = 24;

/** The time that is left, as exactly as it can be known. */
function leftWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.round(minutes / 60);
  if (seconds < 60)
    return plural(Math.max(1, Math.ceil(seconds)), {
      one: "a second left",
      other: "# seconds left",
    });
  if (minutes < 90) return plural(minutes, { one: "a minute left", other: "# minutes left" });
  if (hours > MOST_HOURS) return t`more than a day left`;
  return plural(hours, { one: "an hour left", other: "# hours left" });
}
