import {
  folderModelAddress,
  localFolderOf,
  localModelAddress,
} from "../../protocol/local-model.ts";
import { ObservableValue } from "../observable-value.ts";
import { askToRead, mayRead } from "./file-access.ts";
import { bytesOfAll, FileCopies, type CopyFailure } from "./file-copies.ts";
import { FileRecords, type KeptModel, type KeptPart } from "./file-records.ts";
import {
  chooseFolder,
  chooseModelFiles,
  fileToName,
  refusalOf,
  type FileRefusal,
  type HandedFile,
  type ModelFolder,
} from "./model-files.ts";

/** A model in files that are at hand. */
export interface LocalModel {
  /** As `localModelAddress` gives it. */
  url: string;
  /** The first part's name, or the folder's. */
  name: string;
  files: readonly File[];
}

/** What became of a model that was kept at an earlier visit. */
export type FoundModel =
  | { is: "found"; model: LocalModel }
  /** The person's file may be read again once they allow it. */
  | { is: "asks-permission" }
  /** Size or time of change are not those of the file that was kept. */
  | { is: "changed" }
  /** A folder of an earlier visit. The browser keeps no way to it. */
  | { is: "asks-folder" }
  | { is: "gone" };

/** Whether the model in use is there at the next visit. Undefined where nothing is to be said about it. */
export type Keeping =
  | { is: "offered"; model: LocalModel }
  | { is: "copying"; model: LocalModel; copiedBytes: number }
  | { is: "failed"; model: LocalModel; failure: CopyFailure };

interface LocalModelsOptions {
  records?: FileRecords;
  copies?: FileCopies;
  /** Missing where the page came over plain http. No copy can be made there. */
  locks?: Pick<LockManager, "request"> | undefined;
  nowMs?: () => number;
}

/** The models in files of the person's: taken from them, kept for the next visit, and found again. */
export class LocalModels {
  readonly #records: FileRecords;
  readonly #copies: FileCopies;
  readonly #locks: LocalModelsOptions["locks"];
  readonly #nowMs: () => number;
  readonly #keeping = new ObservableValue<Keeping | undefined>(undefined);
  /** Models of this visit, by address, with the handles that came with their files. */
  readonly #atHand = new Map<string, LocalModel & { handed: readonly HandedFile[] }>();
  #copying: AbortController | undefined;

  constructor({ records, copies, locks, nowMs = Date.now }: LocalModelsOptions = {}) {
    this.#records = records ?? new FileRecords();
    this.#copies = copies ?? new FileCopies();
    this.#locks = locks;
    this.#nowMs = nowMs;
  }

  readonly getSnapshot = this.#keeping.getSnapshot;

  readonly subscribe = this.#keeping.subscribe;

  /** Takes files that were dropped or picked. Nothing of them is read yet but their first bytes. */
  async take(handed: readonly HandedFile[]): Promise<LocalModel | FileRefusal> {
    const folder = chooseFolder(handed);
    if (folder) return folder.is === "refused" ? folder.refusal : this.#takeFolder(folder);
    const chosen = chooseModelFiles(handed);
    if (chosen.is === "refused") return chosen.refusal;
    const refusals = await Promise.all(chosen.files.map(refusalOf));
    const refusal = refusals.find((found) => found !== undefined);
    if (refusal) return refusal;
    const files = chosen.files.map(({ file }) => file);
    const first = fileToName(files);
    const model = { url: localModelAddress(first), name: first.name, files };
    this.#atHand.set(model.url, { ...model, handed: chosen.files });
    return model;
  }

  /** Finds a model again that was taken in this visit or kept at an earlier one. */
  async find(address: string): Promise<FoundModel> {
    const model = this.#atHand.get(address);
    if (model) return { is: "found", model };
    if (localFolderOf(address) !== undefined) return { is: "asks-folder" };
    const kept = await this.#records.get(address);
    return kept ? this.#open(kept) : { is: "gone" };
  }

  /** Asks for permission to read a kept model's files. To be called while a press of a button is handled. */
  async allow(address: string): Promise<boolean> {
    const kept = await this.#records.get(address);
    const handles = kept?.parts.flatMap(({ handle }) => handle ?? []) ?? [];
    const answers: boolean[] = [];
    for (const handle of handles) answers.push(await askToRead(handle).catch(() => false));
    return answers.length > 0 && answers.every(Boolean);
  }

  /**
   * The model runs. Where the browser has given handles of its files they are kept, or else the person is offered a
   * copy. Of a folder nothing is kept.
   *
   * @returns whether it is there at the next visit, or asked for if it is a folder
   */
  async loaded(address: string): Promise<boolean> {
    if (localFolderOf(address) !== undefined) return true;
    const model = this.#atHand.get(address);
    if (!model) return (await this.#records.get(address)) !== undefined;
    if (await this.#records.get(address)) return true;
    if (await this.#keepHandles(model)) return true;
    if (this.#locks && this.#copies.isPossible) this.#keeping.set({ is: "offered", model });
    return false;
  }

  /** Takes the offer back, as another model is loaded or the person does not want it. It ends a copy that is under way. */
  decline(): void {
    this.#copying?.abort();
    if (this.getSnapshot()) this.#keeping.set(undefined);
  }

  /** Copies the offered model's files. @returns its address if it is there at the next visit */
  async keepCopy(): Promise<string | undefined> {
    const state = this.getSnapshot();
    if (!state || state.is === "copying" || !this.#locks) return undefined;
    const { model } = state;
    const { signal } = (this.#copying = new AbortController());
    const tell = (keeping: Keeping | undefined) => {
      if (!signal.aborted) this.#keeping.set(keeping);
    };
    const onBytes = throttled((copiedBytes) => tell({ is: "copying", model, copiedBytes }));
    tell({ is: "copying", model, copiedBytes: 0 });
    // One tab copies at a time, so that what no record names is left over from a crash.
    const failure = await this.#locks
      .request("rekindle.model-copies", { signal }, () => this.#copy(model, { signal, onBytes }))
      .catch((): CopyFailure => ({ is: signal.aborted ? "cancelled" : "failed" }));
    tell(failure && { is: "failed", model, failure });
    return failure ? undefined : model.url;
  }

  /** All models that are there at the next visit, the latest one first. */
  kept(): Promise<KeptModel[]> {
    return this.#records.all();
  }

  /** Deletes the copy of a model, or forgets where its file is. */
  async forget(address: string): Promise<void> {
    const kept = await this.#records.get(address);
    await this.#records.remove(address);
    const copies = kept?.parts.flatMap(({ copy }) => copy ?? []) ?? [];
    if (copies.length > 0) await this.#copies.remove(copies).catch(() => undefined);
  }

  #takeFolder({ name, config, files }: ModelFolder): LocalModel {
    const model = { url: folderModelAddress(name, config), name, files };
    this.#atHand.set(model.url, { ...model, handed: [] });
    return model;
  }

  async #copy(
    { url, files }: LocalModel,
    options: { signal: AbortSignal; onBytes: (bytes: number) => void },
  ): Promise<CopyFailure | undefined> {
    const kept = await this.#records.all();
    const known = kept.flatMap(({ parts }) => parts.flatMap(({ copy }) => copy ?? []));
    await this.#copies.removeOthers(new Set(known));
    const copied = await this.#copies.copy(files, options);
    if (copied.is !== "copied") return copied;
    const parts = files.map((file, part) => ({ ...factsOf(file), copy: copied.names[part] ?? "" }));
    if (await this.#records.put(this.#record(url, parts))) return undefined;
    await this.#copies.remove(copied.names);
    return { is: "failed" };
  }

  async #keepHandles({ url, handed }: { url: string; handed: readonly HandedFile[] }) {
    const parts = handed.flatMap(({ file, handle }) =>
      handle ? [{ ...factsOf(file), handle }] : [],
    );
    return parts.length === handed.length && this.#records.put(this.#record(url, parts));
  }

  #record(address: string, parts: KeptPart[]): KeptModel {
    return { address, parts, keptAtMs: this.#nowMs() };
  }

  async #open({ address, parts }: KeptModel): Promise<FoundModel> {
    try {
      const handles = parts.flatMap(({ handle }) => handle ?? []);
      const allowed = await Promise.all(handles.map(mayRead));
      if (!allowed.every(Boolean)) return { is: "asks-permission" };
      const files = await Promise.all(parts.map((part) => this.#fileOf(part)));
      if (files.includes(undefined)) return { is: "changed" };
      const there = files.filter((file) => file !== undefined);
      const model = { url: address, name: parts[0]?.name ?? "", files: there };
      this.#atHand.set(address, { ...model, handed: there.map((file) => ({ file })) });
      return { is: "found", model };
    } catch {
      return { is: "gone" };
    }
  }

  /** The file of a part; undefined if it is not the one that was kept. */
  async #fileOf({ name, size, lastModified, handle, copy }: KeptPart): Promise<File | undefined> {
    const file = await (handle ? handle.getFile() : this.#copies.file(copy ?? ""));
    if (file.size !== size) return undefined;
    // A copy has a date of its own. The model is known by that of the file it was copied from.
    if (!handle) return new File([file], name, { lastModified });
    return file.lastModified === lastModified ? file : undefined;
  }
}

const factsOf = ({ name, size, lastModified }: File) => ({ name, size, lastModified });

/** Least time between two reports of a copy's progress. */
const PROGRESS_INTERVAL_MS = 100;

function throttled(report: (bytes: number) => void): (bytes: number) => void {
  let lastMs = -Infinity;
  return (bytes) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < PROGRESS_INTERVAL_MS) return;
    lastMs = nowMs;
    report(bytes);
  };
}

export const keptBytes = ({ parts }: KeptModel): number => bytesOfAll(parts);
