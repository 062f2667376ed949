import { EngineError } from "../shared/engine-error.ts";
import { invalid } from "../shared/json-reader.ts";
import { isAbsent } from "../shared/parse-json.ts";
import { checkedLength, fileState, type FileState } from "./content-range.ts";
import type { DownloadPlan, PlannedFile, PlannedText } from "./download-plan.ts";
import {
  fileAt,
  hubApiUrl,
  hubPlace,
  MAX_HUB_ANSWER_BYTES,
  parseHubRepository,
  pinnedTo,
  type HubRepository,
} from "./hub.ts";
import { CONFIG_NAME, INDEX_NAMES, parseOtherFiles, parseShards } from "./mlc-file-list.ts";
import { ggufFileUrl, isGgufUrl, modelDirectory } from "./model-url.ts";
import { readBounded, stop } from "./read-body.ts";
import { requestFile, type Fetch } from "./request-file.ts";
import { sampled } from "./remote-file.ts";
import { withRetries, type RetryTiming } from "./retry.ts";
import { partNames } from "./split-names.ts";

/** Bytes of files that are read whole. */
const MAX_CONFIG_BYTES = 2 ** 20;
const MAX_INDEX_BYTES = 2 ** 23;
const MAX_TEXT_BYTES = 2 ** 26;

/** Bytes of all files: more than any browser grants. */
const MAX_MODEL_BYTES = 2 ** 38;

/** Bytes of a GGUF file that are asked for to learn how long it is. */
const PROBE_BYTES = 4;

/** How servers are asked. */
export interface Asking {
  fetch: Fetch;
  timing: RetryTiming;
  signal: AbortSignal;
}

/**
 * The one spelling of the address of a model that can be downloaded.
 *
 * @throws EngineError `model-invalid` for what cannot be one
 */
export const downloadAddress = (url: string): string =>
  isGgufUrl(url) ? ggufFileUrl(url) : modelDirectory(url);

/**
 * Asks the repository's index what a download consists of: revision, sizes and checksums. Everything that is read for it,
 * and everything in it, is of one revision.
 *
 * @param url as `downloadAddress` spells it
 * @throws EngineError
 */
export async function makePlan(url: string, asking: Asking): Promise<DownloadPlan> {
  const repository = await repositoryOf(url, asking);
  const plan = isGgufUrl(url)
    ? await ggufPlan(url, repository, asking)
    : await mlcPlan(url, repository, asking);
  const bytes = plan.files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= MAX_MODEL_BYTES) return plan;
  throw new EngineError({ code: "model-file-too-large", url, limitBytes: MAX_MODEL_BYTES });
}

/** What the hub says of the whole repository; undefined for a model that lies elsewhere. */
async function repositoryOf(url: string, asking: Asking): Promise<HubRepository | undefined> {
  const place = hubPlace(url);
  if (!place) return undefined;
  const api = hubApiUrl(place);
  return parseHubRepository(await textOf(api, MAX_HUB_ANSWER_BYTES, asking), api);
}

async function ggufPlan(
  url: string,
  repository: HubRepository | undefined,
  asking: Asking,
): Promise<DownloadPlan> {
  const files: PlannedFile[] = [];
  const parts = partNames(url);
  if (!parts) throw invalid(url, "is no part of a model");
  for (const part of parts) {
    const told = repository && fileAt(repository, part);
    const { bytes, validator } = await stateOf(pinnedTo(repository?.revision, part), asking);
    if (told?.bytes !== undefined && told.bytes !== bytes)
      throw new EngineError({ code: "model-changed", url: part });
    files.push({ url: part, bytes, md5: undefined, sha256: told?.sha256, validator });
  }
  return {
    format: "gguf",
    revision: repository?.revision,
    files,
    texts: [],
    index: undefined,
  };
}

/** How long a file is, and what tells it from another state of it. */
async function stateOf(url: string, asking: Asking): Promise<FileState> {
  // Some servers take the range of the first byte alone for the whole file.
  const range = { start: 0, end: PROBE_BYTES };
  const read = async (of: { start: number; end: number }) => {
    const response = await askFor(url, asking, of);
    const length = checkedLength(response, of, url);
    const state = fileState(response);
    return {
      state,
      bytes: await readBounded(response, { url, limitBytes: length }, asking.signal),
    };
  };
  const { state } = await withRetries(() => read(range), asking.signal, asking.timing);
  const slice = async (of: { start: number; end: number }) =>
    (await withRetries(() => read(of), asking.signal, asking.timing)).bytes;
  const validator = state.validator ?? (await sampled(slice, state.bytes));
  return { ...state, validator };
}

const askFor = (url: string, { fetch, signal }: Asking, range: { start: number; end: number }) =>
  requestFile(fetch, url, { signal, cache: "no-store", range });

async function mlcPlan(
  directory: string,
  repository: HubRepository | undefined,
  asking: Asking,
): Promise<DownloadPlan> {
  const revision = repository?.revision;
  const read = (name: string, limitBytes: number) =>
    textOf(pinnedTo(revision, directory + name), limitBytes, asking);
  const config = await read(CONFIG_NAME, MAX_CONFIG_BYTES);
  const { name, text } = await readIndex(read);
  const texts: PlannedText[] = parseOtherFiles(config, directory).map(({ url, isOptional }) => ({
    key: { cache: "webllm/model", url },
    bytes: repository?.files.get(hubPlace(url)?.path ?? "")?.bytes,
    isOptional,
  }));
  texts.push({
    key: { cache: "webllm/config", url: directory + CONFIG_NAME },
    bytes: new TextEncoder().encode(config).length,
    isOptional: false,
  });
  return {
    format: "mlc",
    revision,
    files: parseShards(text, directory + name).map(({ url, nbytes, md5 }) => {
      const told = repository && fileAt(repository, url);
      if (told?.bytes !== undefined && told.bytes !== nbytes)
        throw new EngineError({
          code: "model-truncated",
          url,
          expectedBytes: nbytes,
          foundBytes: told.bytes,
        });
      return { url, bytes: nbytes, md5, sha256: told?.sha256, validator: undefined };
    }),
    texts,
    index: { key: { cache: "webllm/model", url: directory + name }, text },
  };
}

/** Reads the index by its new name, then by its old one. Where neither is there, the failure names the new one. */
async function readIndex(read: (name: string, limitBytes: number) => Promise<string>) {
  let absent: unknown;
  for (const name of INDEX_NAMES)
    try {
      return { name, text: await read(name, MAX_INDEX_BYTES) };
    } catch (error) {
      if (!(error instanceof EngineError && isAbsent(error))) throw error;
      absent ??= error;
    }
  throw absent;
}

async function textOf(url: string, limitBytes: number, asking: Asking): Promise<string> {
  return new TextDecoder().decode(await fetchSmall(url, asking, limitBytes));
}

/** Fetches a file that is read whole. */
export function fetchSmall(
  url: string,
  { fetch, timing, signal }: Asking,
  limitBytes = MAX_TEXT_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  const attempt = async () => {
    const response = await requestFile(fetch, url, { signal, cache: "no-cache" });
    return readBounded(response, { url, limitBytes }, signal).catch(async (error: unknown) => {
      await stop(response);
      throw error;
    });
  };
  return withRetries(attempt, signal, timing);
}
