import { piecesOf, type PlannedFile } from "./download-plan.ts";
import { DownloadRecords, folderOf } from "./download-records.ts";
import { openLocalFile } from "./local-file.ts";
import type { PieceStore } from "./piece-store.ts";
import { piecesOfBrowser } from "./pieces-of-browser.ts";
import type { RangedFile } from "./ranged-file.ts";

/**
 * Opens the files of a model that was downloaded as a whole, in the order of their parts; undefined for one that was not.
 *
 * @param url as `downloadAddress` spells it
 */
export type OpenDownloaded = (url: string) => Promise<RangedFile[] | undefined>;

/**
 * Opens GGUF files that were downloaded to the origin private file system. Nothing is copied and nothing is asked of any
 * server. They tell the state that their server told, so that a model is the same one as when it was read from there.
 */
export function openDownloadedWith(
  records: Pick<DownloadRecords, "get">,
  pieces: Pick<PieceStore, "read">,
): OpenDownloaded {
  const open = async (folder: string, file: PlannedFile): Promise<RangedFile | undefined> => {
    const blobs: Blob[] = [];
    for (const { name } of await piecesOf(file, "gguf")) {
      const blob = await pieces.read(folder, name);
      if (!blob) return undefined;
      blobs.push(blob);
    }
    // The pieces stay where they are: this is only a name for all of them together.
    const whole = new File(blobs, new URL(file.url).pathname.split("/").at(-1) ?? "");
    if (whole.size !== file.bytes) return undefined;
    return { ...openLocalFile(whole, file.url), validator: file.validator };
  };
  return async (url) => {
    const record = await records.get(url);
    if (record?.wish !== "done" || record.format !== "gguf") return undefined;
    const folder = await folderOf(url);
    const opened = await Promise.all(record.files.map((file) => open(folder, file)));
    const files = opened.filter((file) => file !== undefined);
    return files.length === opened.length ? files : undefined;
  };
}

/** The same in this browser. Where it keeps nothing, nothing was downloaded. */
export const openDownloaded: OpenDownloaded = async (url) => {
  try {
    return await openDownloadedWith(new DownloadRecords(), await piecesOfBrowser())(url);
  } catch {
    return undefined;
  }
};
