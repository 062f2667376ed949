import { sha256 } from "hash-wasm";
import { EngineError } from "../shared/engine-error.ts";
import { invalid, JsonReader } from "../shared/json-reader.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { parseJson } from "../shared/parse-json.ts";
import { isOfEmptyFile, type FileState } from "./content-range.ts";
import type { ModelFiles, SmallFile } from "./fetch-files.ts";
import type { FileKey } from "./file-cache.ts";
import { partsOf, sliceOfParts, type RangedFile } from "./ranged-file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A state of a file that tells it from every other one. */
interface KnownState extends FileState {
  validator: string;
}

/** Letters of the record of a file's state. */
const MAX_RECORD_BYTES = 4096;

/** Where a server tells nothing that changes with the file, this much of it does: so many samples of so many bytes. */
const SAMPLES = 16;
const SAMPLE_BYTES = 4096;

/**
 * A file on a server, which is read by requests for ranges. Its parts are kept in the cache, each under an address of
 * its own, which names the state of the file that it belongs to: parts of two states are never mixed. A file that is
 * in the cache with all its parts is read without any request.
 *
 * @param url without a query
 * @param maxBytes the longest file that is accepted
 * @throws EngineError `model-whole-only` where the server sends whole files only
 */
export async function openRemoteFile(
  files: ModelFiles,
  url: string,
  maxBytes: number,
): Promise<RangedFile> {
  const record: SmallFile = { key: keyOf(`${url}?parts`), limitBytes: MAX_RECORD_BYTES };
  const cached = await files.cachedText(record, (text) => parseState(text, record, maxBytes));
  const kept = cached && new RemoteFile(files, url, await naming(cached));
  if (kept && (await kept.missingBytes()) === 0) return kept;
  const { state, first } = await askForState(files, url, maxBytes);
  if (kept && kept.name !== (await naming(state)).name) await kept.forget();
  const file = new RemoteFile(files, url, await naming(state));
  await file.begin(first);
  await files.keep(record.key, new TextEncoder().encode(JSON.stringify(state)));
  return file;
}

const keyOf = (url: string): FileKey => ({ cache: "webllm/model", url });

function parseState(text: string, { key: { url } }: SmallFile, maxBytes: number): KnownState {
  const reader = JsonReader.of(parseJson(text, url), url);
  const bytes = reader.integer("bytes", { min: 0, max: maxBytes });
  return { bytes, validator: reader.string("validator") };
}

/** A state with a short name for it, in hex. */
async function naming(state: KnownState): Promise<KnownState & { name: string }> {
  return { ...state, name: (await sha256(JSON.stringify(state))).slice(0, 16) };
}

/** Asks for the first part of a file, which also says how long the file is and what state it is in. */
async function askForState(
  files: ModelFiles,
  url: string,
  maxBytes: number,
): Promise<{ state: KnownState; first: Bytes }> {
  let told: FileState = { bytes: 0, validator: undefined };
  const accept = (state: FileState) => {
    if (state.bytes > maxBytes)
      throw new EngineError({ code: "model-file-too-large", url, limitBytes: maxBytes });
    told = state;
  };
  const [range = { start: 0, end: 1 }] = partsOf(maxBytes);
  const first = await files
    .networkRange(url, range, { accept, onBytes: () => undefined })
    .catch((error: unknown) => {
      if (isOfEmptyFile(error)) return new Uint8Array();
      throw error;
    });
  const checks = { accept: () => undefined, onBytes: () => undefined };
  const slice = (of: IndexRange) => files.networkRange(url, of, checks);
  const { bytes, validator = await sampled(slice, bytes) } = told;
  return { state: { bytes, validator }, first };
}

/**
 * A hash of samples from all over a file, for one whose server tells nothing that changes with it.
 *
 * @param slice reads any bytes of the file
 */
export async function sampled(
  slice: (range: IndexRange) => Promise<Bytes>,
  bytes: number,
): Promise<string> {
  const samples: string[] = [];
  for (let i = 0; i < SAMPLES && bytes > 0; i++) {
    const start = Math.floor((Math.max(0, bytes - SAMPLE_BYTES) * i) / (SAMPLES - 1));
    samples.push(await sha256(await slice({ start, end: Math.min(start + SAMPLE_BYTES, bytes) })));
  }
  return `samples ${await sha256(samples.join(""))}`;
}

class RemoteFile implements RangedFile {
  readonly url: string;
  readonly bytes: number;
  readonly validator: string;
  readonly parts: readonly IndexRange[];
  /** Of the state that the parts in the cache belong to. */
  readonly name: string;
  readonly #files: ModelFiles;
  #first: Bytes | undefined;

  constructor(files: ModelFiles, url: string, state: KnownState & { name: string }) {
    this.#files = files;
    this.url = url;
    this.bytes = state.bytes;
    this.validator = state.validator;
    this.name = state.name;
    this.parts = partsOf(state.bytes);
  }

  readonly part: RangedFile["part"] = async (index, onBytes = () => undefined) => {
    const range = this.#rangeOf(index);
    const nbytes = range.end - range.start;
    const first = index === 0 ? this.#first : undefined;
    this.#first = undefined;
    const cached = first ?? (await this.#files.cachedRange(this.#keyOf(range), nbytes));
    if (cached) {
      onBytes(nbytes);
      return cached;
    }
    const accept = (state: FileState) => {
      this.#refuseOther(state);
    };
    const bytes = await this.#files.networkRange(this.url, range, { accept, onBytes });
    await this.#keep(range, bytes);
    return bytes;
  };

  slice(range: IndexRange): Promise<Bytes> {
    return sliceOfParts(this, range);
  }

  async missingBytes(): Promise<number> {
    let missing = 0;
    for (const range of this.parts)
      if (!(await this.#files.has(this.#keyOf(range)))) missing += range.end - range.start;
    return missing;
  }

  /** Takes the first part, which has come, and holds it until it is asked for. */
  async begin(first: Bytes): Promise<void> {
    const [range] = this.parts;
    if (range === undefined) return;
    this.#first = first;
    await this.#keep(range, first);
  }

  /** Removes all parts from the cache. */
  async forget(): Promise<void> {
    for (const range of this.parts) await this.#files.forget(this.#keyOf(range));
  }

  async #keep(range: IndexRange, bytes: Bytes): Promise<void> {
    await this.#files.keepRange(this.#keyOf(range), bytes);
  }

  #rangeOf(index: number): IndexRange {
    const range = this.parts[index];
    if (range === undefined) throw invalid(this.url, `there is no part ${index}`);
    return range;
  }

  #keyOf({ start, end }: IndexRange): FileKey {
    return keyOf(`${this.url}?bytes=${start}-${end - 1}&of=${this.name}`);
  }

  #refuseOther({ bytes, validator }: FileState): void {
    const isSame = validator === undefined || validator === this.validator;
    if (bytes !== this.bytes || !isSame)
      throw new EngineError({ code: "model-changed", url: this.url });
  }
}
