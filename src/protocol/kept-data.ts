/** @file Where everything lies that this page keeps in the browser: what "Delete everything" has to find. */

/**
 * What can be deleted by itself:
 *
 * - `conversations`: all text, with its search and whatever was worked out from it
 * - `caches`: K and V of the conversations
 * - `learned`: bases, and what was measured on this device
 * - `models`: weights, unfinished downloads, ways to the person's files, hashes of libraries
 * - `drafts`: what was typed and not sent
 * - `settings`: everything that was chosen
 * - `app`: the page itself, for use without a network
 */
export const KEPT_KINDS = [
  "conversations",
  "caches",
  "learned",
  "models",
  "drafts",
  "settings",
  "app",
] as const;

export type KeptKind = (typeof KEPT_KINDS)[number];

/** The database of the store worker. */
export const STORE_DATABASE = "rekindle";

/** What its object stores hold. One that is not named here goes with everything. */
export const OBJECT_STORES: Readonly<Record<string, KeptKind>> = {
  conversations: "conversations",
  messages: "conversations",
  kvMeta: "caches",
  kvChunks: "caches",
  kvUse: "caches",
  settings: "settings",
  profiles: "learned",
};

/** Other databases. One that is not named here goes with everything. */
export const DATABASES: Readonly<Record<string, KeptKind>> = {
  "rekindle-models": "models",
  "rekindle-libraries": "models",
  "rekindle-downloads": "models",
  "rekindle-download-pieces": "models",
};

/** Folders of the origin private file system. */
export const FOLDERS: Readonly<Record<string, KeptKind>> = {
  rekindle: "caches",
  "rekindle-downloads": "models",
  "rekindle-model-files": "models",
};

/** Keys of `localStorage` by what they begin with. All others are settings. */
const STORAGE_KEYS: Readonly<Record<string, KeptKind>> = {
  "rekindle.draft.": "drafts",
  "rekindle.downloads": "models",
  "rekindle.last-model": "models",
  "rekindle.served-model": "models",
  "rekindle.loading": "models",
  "rekindle.agreed-models": "models",
  "rekindle.loaded-on-cards": "learned",
};

/** Caches of models in Cache Storage, by what their names begin with. All others are of the page itself. */
const MODEL_CACHES = "webllm/";

/** What a key of `localStorage` belongs to. */
export const kindOfKey = (key: string): KeptKind =>
  Object.entries(STORAGE_KEYS).find(([beginning]) => key.startsWith(beginning))?.[1] ?? "settings";

/** What a cache belongs to. */
export const kindOfCache = (name: string): KeptKind =>
  name.startsWith(MODEL_CACHES) ? "models" : "app";
