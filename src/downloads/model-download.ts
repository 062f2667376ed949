import { EngineError } from "../shared/engine-error.ts";
import { FileCheck } from "./check-file.ts";
import {
  idOf,
  piecesOf,
  weightBytes,
  type DownloadPlan,
  type Piece,
  type PlannedFile,
} from "./download-plan.ts";
import { folderOf, type DownloadRecord, type DownloadRecords } from "./download-records.ts";
import { fetchPiece } from "./fetch-piece.ts";
import type { DownloadCache } from "./file-cache.ts";
import { pinnedTo } from "./hub.ts";
import { fetchSmall, makePlan, type Asking } from "./make-plan.ts";
import { bytesOf, type PieceStore } from "./piece-store.ts";
import { isAbsent } from "../shared/parse-json.ts";
import type { Slots } from "./slots.ts";

/** What downloads are made with. */
export interface DownloadParts extends Omit<Asking, "signal"> {
  pieces: PieceStore;
  cache: DownloadCache;
  records: Pick<DownloadRecords, "put">;
  /** Requests for weights, of all downloads together. */
  slots: Slots;
  /** Bytes that downloads may yet take; undefined where the browser does not say. */
  freeBytes: () => Promise<number | undefined>;
}

/** A file with its pieces. */
interface FileInPieces {
  file: PlannedFile;
  id: string;
  pieces: readonly Piece[];
}

/** One download: what is there of it, and what is yet to be fetched. */
export class ModelDownload {
  /** As it is stored, but for the bytes that came since. */
  record: DownloadRecord;
  readonly #parts: DownloadParts;
  /** Bytes that are here, by piece. */
  readonly #loaded = new Map<string, number>();
  #textBytes = 0;
  /** Whether the index that may have been in the cache was removed. */
  #isIndexGone = false;
  /** Told when more has come. */
  #onProgress: () => void = () => undefined;

  constructor(record: DownloadRecord, parts: DownloadParts) {
    this.record = record;
    this.#parts = parts;
  }

  /** Bytes that are here. */
  get loadedBytes(): number {
    if (this.#loaded.size === 0) return this.record.loadedBytes;
    return [...this.#loaded.values()].reduce((sum, bytes) => sum + bytes, this.#textBytes);
  }

  /** Stores another state of the record. */
  async note(change: Partial<DownloadRecord>): Promise<void> {
    this.record = { ...this.record, loadedBytes: this.loadedBytes, ...change };
    await this.#parts.records.put(this.record);
  }

  /**
   * Fetches what is missing, and checks it. It may be called again after any failure, and goes on from what is there.
   *
   * @param onIndexed told when it is known what the download consists of, and that there is room for it
   * @throws EngineError
   */
  async run(
    signal: AbortSignal,
    { onIndexed, onProgress }: { onIndexed: () => void; onProgress: () => void },
  ): Promise<void> {
    this.#onProgress = onProgress;
    const asking = { ...this.#parts, signal };
    const plan = await makePlan(this.record.url, asking);
    const files = await this.#adopt(plan);
    await this.#checkRoom();
    onIndexed();
    await this.#fetchAll(plan, files, asking);
    if (plan.format === "mlc") await this.#keepTexts(plan, asking);
    else await this.#forgetParts(plan);
    await this.note({ wish: "done", revision: plan.revision });
  }

  /** Removes everything that is here of the download. */
  async remove(): Promise<void> {
    await this.#parts.pieces.removeFolder(await folderOf(this.record.url));
    const { files, texts, format } = this.record;
    if (format !== "mlc") return;
    // The index goes first, as it says that all is here.
    for (const key of texts.toReversed()) await this.#parts.cache.delete(key);
    for (const { url } of files) await this.#parts.cache.delete({ cache: "webllm/model", url });
  }

  /**
   * Takes over what is there and belongs to the plan. Pieces are named by the content that they are part of: those of
   * another revision have other names, and are dropped here. So no file can come to consist of two.
   */
  async #adopt(plan: DownloadPlan): Promise<FileInPieces[]> {
    const folder = await folderOf(this.record.url);
    const files: FileInPieces[] = [];
    for (const file of plan.files)
      files.push({ file, id: await idOf(file), pieces: await piecesOf(file, plan.format) });
    const lengths = await this.#parts.pieces.lengths(folder);
    const wanted = new Map(files.flatMap(({ pieces }) => pieces.map((one) => [one.name, one])));
    for (const name of lengths.keys())
      if (!wanted.has(name)) await this.#parts.pieces.remove(folder, name);
    const moved = new Set(this.record.moved);
    const ids = new Set(files.map(({ id }) => id));
    this.#loaded.clear();
    this.#textBytes = 0;
    for (const { name } of wanted.values()) this.#loaded.set(name, lengths.get(name) ?? 0);
    for (const { file, id, pieces } of files)
      if (moved.has(id) && (await this.#isCached(file)))
        for (const { name, start, end } of pieces) this.#loaded.set(name, end - start);
      else moved.delete(id);
    const textBytes = plan.texts.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
    await this.note({
      revision: plan.revision,
      format: plan.format,
      files: plan.files.map((file) => this.#withKnownState(file)),
      moved: [...moved].filter((id) => ids.has(id)),
      totalBytes: weightBytes(plan) + textBytes,
      texts: [...plan.texts.map(({ key }) => key), ...(plan.index ? [plan.index.key] : [])],
    });
    return files;
  }

  /** One server of the hub may tell another state of the same file than the next. The first one that was told stays. */
  #withKnownState(file: PlannedFile): PlannedFile {
    const known = this.record.files.find(
      ({ url, sha256 }) => url === file.url && sha256 !== undefined && sha256 === file.sha256,
    );
    return known ?? file;
  }

  async #isCached({ url }: PlannedFile): Promise<boolean> {
    return (await this.#parts.cache.match({ cache: "webllm/model", url })) !== undefined;
  }

  /** @throws EngineError `download-no-room` */
  async #checkRoom(): Promise<void> {
    const neededBytes = (this.record.totalBytes ?? 0) - this.loadedBytes;
    const freeBytes = await this.#parts.freeBytes();
    if (freeBytes !== undefined && neededBytes > freeBytes)
      throw new EngineError({ code: "download-no-room", neededBytes, freeBytes });
  }

  /** Fetches all files. The first failure ends the others. */
  async #fetchAll(
    plan: DownloadPlan,
    files: readonly FileInPieces[],
    asking: Asking,
  ): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([asking.signal, failed.signal]);
    const moved = new Set(this.record.moved);
    const fetching = files
      .filter(({ id }) => !moved.has(id))
      .map(async (file) => {
        try {
          await this.#fetchFile(plan, file, { ...asking, signal });
        } catch (error) {
          failed.abort();
          throw error;
        }
      });
    const ended = await Promise.allSettled(fetching);
    const errors = ended.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
    // What the first failure has cut off says only that it was cut off.
    const first = errors.find((error) => !isCancelled(error)) ?? errors[0];
    if (first !== undefined) throw first;
  }

  async #fetchFile(plan: DownloadPlan, wanted: FileInPieces, asking: Asking): Promise<void> {
    const { file, id, pieces } = wanted;
    const folder = await folderOf(this.record.url);
    const take = () => this.#takeCached(wanted, asking.signal);
    if (plan.format === "mlc" && (await this.#parts.slots.run(take))) return;
    const fetched = pieces.map((piece) =>
      this.#fetchPieceOf(plan, { file, piece, folder }, asking),
    );
    for (const each of fetched) each.catch(() => undefined);
    const check = await FileCheck.begin(file);
    try {
      for (const [index, piece] of pieces.entries()) {
        await fetched[index];
        const blob = check.isNeeded && (await this.#parts.pieces.read(folder, piece.name));
        if (blob) await readInto(check, blob, asking.signal);
      }
      check.end();
    } catch (error) {
      // All of it has to be fetched anew: nobody knows which bytes are wrong.
      if (isChecksum(error))
        for (const { name } of pieces) await this.#parts.pieces.remove(folder, name);
      throw error;
    } finally {
      await Promise.allSettled(fetched);
    }
    if (plan.format === "mlc") await this.#move(plan, { file, id, folder, pieces });
  }

  async #fetchPieceOf(
    plan: DownloadPlan,
    { file, piece, folder }: { file: PlannedFile; piece: Piece; folder: string },
    asking: Asking,
  ): Promise<void> {
    if (this.#loaded.get(piece.name) === piece.end - piece.start) return;
    await this.#parts.slots.run(async () => {
      if (asking.signal.aborted) throw new EngineError({ code: "cancelled" });
      const writer = await this.#parts.pieces.open(folder, piece.name);
      try {
        const source = pinnedTo(plan.revision, file.url);
        await fetchPiece({ file, piece, source }, writer, asking, (bytes) => {
          this.#loaded.set(piece.name, bytes);
          this.#onProgress();
        });
      } finally {
        await writer.close();
      }
    });
  }

  /** Takes a shard that is in Cache Storage already, as an engine has fetched it, if it is the right one. */
  async #takeCached({ file, id, pieces }: FileInPieces, signal: AbortSignal): Promise<boolean> {
    const response = await this.#parts.cache.match({ cache: "webllm/model", url: file.url });
    if (!response) return false;
    const check = await FileCheck.begin(file);
    await readInto(check, await response.blob(), signal);
    try {
      check.end();
    } catch {
      return false;
    }
    for (const { name, start, end } of pieces) this.#loaded.set(name, end - start);
    await this.note({ moved: [...this.record.moved, id] });
    return true;
  }

  /** Moves a shard to Cache Storage. */
  async #move(
    { index }: DownloadPlan,
    { file, id, folder, pieces }: FileInPieces & { folder: string },
  ): Promise<void> {
    const { cache, pieces: store } = this.#parts;
    // An older index must not speak of this shard, which is not the one that it knows.
    if (index && !this.#isIndexGone) await cache.delete(index.key);
    this.#isIndexGone = true;
    for (const { name } of pieces) {
      const blob = await store.read(folder, name);
      if (!blob) throw new EngineError({ code: "model-changed", url: file.url });
      await cache.putFile({ cache: "webllm/model", url: file.url }, blob);
      await this.note({ moved: [...this.record.moved, id] });
      await store.remove(folder, name);
    }
  }

  /** Fetches and keeps the small files, the index last: it says that all is here. */
  async #keepTexts({ texts, index, revision }: DownloadPlan, asking: Asking): Promise<void> {
    for (const { key, isOptional } of texts)
      try {
        const bytes = await fetchSmall(pinnedTo(revision, key.url), asking);
        await this.#parts.cache.put(key, [bytes]);
        this.#textBytes += bytes.length;
        this.#onProgress();
      } catch (error) {
        const isMissing = error instanceof EngineError && isAbsent(error);
        if (!isOptional || !isMissing) throw error;
      }
    if (index) await this.#parts.cache.put(index.key, [new TextEncoder().encode(index.text)]);
    const totalBytes = this.loadedBytes;
    await this.note({ totalBytes });
  }

  /** Removes parts of the file that an engine has fetched by itself: they are here as a whole now. */
  async #forgetParts({ files }: DownloadPlan): Promise<void> {
    for (const { url } of files) await this.#parts.cache.deleteParts(url);
  }
}

async function readInto(check: FileCheck, blob: Blob, signal: AbortSignal): Promise<void> {
  for await (const bytes of bytesOf(blob)) {
    if (signal.aborted) throw new EngineError({ code: "cancelled" });
    check.update(bytes);
  }
}

const isCancelled = (error: Error): boolean =>
  error instanceof EngineError && error.failure.code === "cancelled";

const isChecksum = (error: unknown): boolean =>
  error instanceof EngineError && error.failure.code === "model-checksum";
