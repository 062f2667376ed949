/** @file What the page asks of the worker that downloads models: it goes on while another model is chatting. */

import type { EngineFailure, Result } from "./errors.ts";

/**
 * Where a download stands:
 *
 * - `waiting`: for its turn, for the network, or for another tab that downloads
 * - `indexing`: the repository's index is read: revision, sizes, checksums
 * - `running`: bytes come
 * - `paused`: by the person; what is there stays
 * - `failed`: it can be started again, and goes on from what is there
 * - `done`: every file is here and was checked
 */
export type DownloadState = "waiting" | "indexing" | "running" | "paused" | "failed" | "done";

/** What may be downloaded. */
export interface DownloadRequest {
  /** As in `ModelReference`: the absolute URL of an MLC model's directory, with the final slash, or of a GGUF file. */
  url: string;
  /** What a person calls the model. */
  name: string;
}

/** A download, as it stands. */
export interface Download extends DownloadRequest {
  state: DownloadState;
  /** Bytes that are here. */
  loadedBytes: number;
  /** Bytes of all files; undefined until the repository's index is known. */
  totalBytes: number | undefined;
  /** Bytes per second, over the last seconds; undefined while nothing comes. */
  bytesPerSecond: number | undefined;
  /** The commit of the repository that the files are of; undefined where the server names none. */
  revision: string | undefined;
  /** Why it failed; undefined unless it has. */
  failure: EngineFailure | undefined;
}

/**
 * Every value crosses to the worker by structured clone. All tabs have the same downloads: one of them downloads, and
 * whatever is asked of another reaches it.
 */
export interface DownloadApi {
  /** Be told all downloads, now and at every change, a few times a second at most. One subscriber. */
  subscribe(onChange: (downloads: readonly Download[]) => void): Promise<void>;
  /** Begin a download, or go on with one that was paused, failed or left unfinished by an earlier visit. */
  start(request: DownloadRequest): Promise<Result<void>>;
  /** Stop for now. What is there stays. */
  pause(url: string): Promise<void>;
  /** Stop for good, and remove what is there of it: all of it, where it is done. */
  cancel(url: string): Promise<void>;
  /** Go on with what was cut off by a reload or by the network, as either is back. What was paused stays paused. */
  resume(): Promise<void>;
  /** Bytes of the browser's storage that downloads must not take. 0 until it is told. */
  keepFree(bytes: number): Promise<void>;
  /** Remove what is there of unfinished downloads, as something dearer needs the room. */
  dropUnfinished(): Promise<void>;
}
