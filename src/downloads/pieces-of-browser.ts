import { memoize } from "../shared/memoize.ts";
import { IdbPieces } from "./idb-pieces.ts";
import { OpfsPieces } from "./opfs-pieces.ts";
import type { PieceStore } from "./piece-store.ts";

/** Where this browser keeps the pieces of downloads: in private files, or without such in IndexedDB. */
export const piecesOfBrowser = memoize(async (): Promise<PieceStore> => {
  try {
    await navigator.storage.getDirectory();
    return new OpfsPieces();
  } catch {
    return new IdbPieces();
  }
});
