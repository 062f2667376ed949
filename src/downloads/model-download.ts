import { EngineError } from "../shared/engine-error.ts";
import { CachedModel, readInto } from "./cached-model.ts";
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
import { makePlan, type Asking } from "./make-plan.ts";
import type { PieceStore } from "./piece-store.ts";
import type { Slots } from "./slots.ts";
import { Together } from "./together.ts";

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

/** What all files are fetched with. */
interface Job {
  plan: DownloadPlan;
  together: Together;
  asking: Asking;
}

/** One download: what is there of it, and what is yet to be fetched. */
export class ModelDownload {
  /** As it is stored, but for the bytes that came since. */
  record: DownloadRecord;
  readonly #parts: DownloadParts;
  readonly #cached: CachedModel;
  /** Bytes that are here, by piece. */
  readonly #loaded = new Map<string, number>();
  #textBytes = 0;
  /** Told when more has come. */
  #onProgress: () => void = () => undefined;

  constructor(record: DownloadRecord, parts: DownloadParts) {
    this.record = record;
    this.#parts = parts;
    this.#cached = new CachedModel(parts.cache);
  }

  /** Bytes that are here. */
  get loadedBytes(): number {
    if (this.#loaded.size === 0) return this.record.loadedBytes;
    return [...this.#loaded.values()].reduce((sum, bytes) => sum + bytes, this.#textBytes);
  }

  /** Counts what an earlier visit has left: it may have been closed while bytes came. */
  async count(): Promise<void> {
    const lengths = await this.#parts.pieces.lengths(await folderOf(this.record.url));
    let loadedBytes = [...lengths.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const file of this.record.files)
      if (this.record.moved.includes(await idOf(file))) loadedBytes += file.bytes;
    this.record = { ...this.record, loadedBytes };
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
    if (plan.format === "mlc") {
      await this.#cached.keepTexts(plan, asking, (bytes) => {
        this.#textBytes += bytes;
        onProgress();
      });
      await this.note({ totalBytes: this.loadedBytes });
    } else await this.#cached.forgetParts(plan);
    await this.note({ wish: "done", revision: plan.revision });
  }

  /** Whether a finished download is still here: whoever clears a site's data does not ask this page. */
  async isWhole(): Promise<boolean> {
    const { url, format, files, texts } = this.record;
    if (format === "mlc") return this.#cached.hasAll({ files, texts });
    const lengths = await this.#parts.pieces.lengths(await folderOf(url));
    const bytes = [...lengths.values()].reduce((sum, length) => sum + length, 0);
    return bytes === files.reduce((sum, file) => sum + file.bytes, 0);
  }

  /** Removes everything that is here of the download. */
  async remove(): Promise<void> {
    await this.#parts.pieces.removeFolder(await folderOf(this.record.url));
    if (this.record.format === "mlc") await this.#cached.remove(this.record);
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
      if (moved.has(id) && (await this.#cached.has(file)))
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
    const together = new Together(asking.signal);
    const moved = new Set(this.record.moved);
    const missing = files.filter(({ id }) => !moved.has(id));
    const job = { plan, together, asking: { ...asking, signal: together.signal } };
    await together.all(missing.map((file) => together.run(() => this.#fetchFile(file, job))));
  }

  async #fetchFile(wanted: FileInPieces, job: Job): Promise<void> {
    const { plan, together } = job;
    const { signal } = together;
    const isMlc = plan.format === "mlc";
    if (isMlc && (await this.#parts.slots.run(() => this.#takeCached(wanted, signal)))) return;
    const folder = await folderOf(this.record.url);
    const fetched = wanted.pieces.map((piece) =>
      together.run(() => this.#fetchPieceOf({ ...wanted, piece, folder }, job)),
    );
    for (const each of fetched) each.catch(() => undefined);
    try {
      await this.#check(wanted, { folder, fetched, signal });
    } catch (error) {
      await Promise.allSettled(fetched);
      // All of it has to be fetched anew: nobody knows which bytes are wrong.
      if (isChecksum(error))
        for (const { name } of wanted.pieces) await this.#parts.pieces.remove(folder, name);
      throw error;
    }
    if (isMlc) await this.#move(plan, { ...wanted, folder });
  }

  /** Checks a file from its first piece to its last, each as soon as it is there. */
  async #check(
    { file, pieces }: FileInPieces,
    at: { folder: string; fetched: readonly Promise<void>[]; signal: AbortSignal },
  ): Promise<void> {
    const check = await FileCheck.begin(file);
    for (const [index, piece] of pieces.entries()) {
      await at.fetched[index];
      const blob = check.isNeeded && (await this.#parts.pieces.read(at.folder, piece.name));
      if (blob) await readInto(check, blob, at.signal);
    }
    check.end();
  }

  async #fetchPieceOf(
    { file, piece, folder }: { file: PlannedFile; piece: Piece; folder: string },
    { plan, asking }: Job,
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
    if (!(await this.#cached.hasRight(file, signal))) return false;
    for (const { name, start, end } of pieces) this.#loaded.set(name, end - start);
    await this.note({ moved: [...this.record.moved, id] });
    return true;
  }

  /** Moves a shard to Cache Storage. */
  async #move(
    { index }: DownloadPlan,
    { file, id, folder, pieces }: FileInPieces & { folder: string },
  ): Promise<void> {
    const store = this.#parts.pieces;
    for (const { name } of pieces) {
      const blob = await store.read(folder, name);
      if (!blob) throw new EngineError({ code: "model-changed", url: file.url });
      await this.#cached.put(file, blob, index);
      await this.note({ moved: [...this.record.moved, id] });
      await store.remove(folder, name);
    }
  }
}

const isChecksum = (error: unknown): boolean =>
  error instanceof EngineError && error.failure.code === "model-checksum";
