import { t } from "@lingui/core/macro";
import type { Download } from "../../protocol/download-api.ts";
import { byteSize, bytesOf } from "../byte-size.ts";

type Progress = Pick<Download, "state" | "loadedBytes" | "totalBytes" | "bytesPerSecond">;

/** Whether a download goes on by itself, so that it can be paused. */
export const isGoingOn = ({ state }: Pick<Download, "state">): boolean =>
  state === "running" || state === "indexing";

/** How a download stands, in a few words. */
export function downloadWords(download: Progress): string {
  const size = sizeOf(download);
  switch (download.state) {
    case "waiting":
      return t`waits to go on, ${size}`;
    case "indexing":
      return t`reads what is to be downloaded`;
    case "running":
      return [size, ...speedOf(download)].join(", ");
    case "paused":
      return t`paused, ${size}`;
    case "failed":
      return t`not finished, ${size}`;
    case "done":
      return size;
  }
}

const sizeOf = ({ state, loadedBytes, totalBytes }: Progress): string =>
  totalBytes === undefined || state === "done"
    ? byteSize(loadedBytes)
    : bytesOf(loadedBytes, totalBytes);

function speedOf({ loadedBytes, totalBytes, bytesPerSecond }: Progress): string[] {
  if (!bytesPerSecond) return [];
  const speed = byteSize(bytesPerSecond);
  const seconds = ((totalBytes ?? loadedBytes) - loadedBytes) / bytesPerSecond;
  return [t`${speed} a second`, timeLeft(seconds)];
}

function timeLeft(seconds: number): string {
  if (seconds < 90) return t`${{ seconds: Math.max(1, Math.round(seconds)) }} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return t`${minutes} min left`;
  return t`${{ hours: Math.round(minutes / 60) }} h left`;
}
