import { readBounded } from "../../downloads/read-body.ts";
import { requestFile, type Fetch } from "../../downloads/request-file.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { invalid } from "../../shared/json-reader.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { isAbsent, parseJson } from "../../shared/parse-json.ts";
import { parseGolden, type GoldenReference } from "./golden-reference.ts";

/** The URLs of a model's reference data. */
export interface GoldenUrls {
  /** `golden.json`, or `X.golden.json` for the model file X. */
  json: string;
  /** `golden.f32`, or `X.golden.f32`. */
  floats: string;
}

/** The reference models have 80 kB of both. */
const LIMIT_BYTES = 2 ** 28;

async function readFile(fetchFile: Fetch, url: string): Promise<Uint8Array<ArrayBuffer>> {
  const { signal } = new AbortController();
  const response = await requestFile(fetchFile, url, { signal, cache: "no-store" });
  return readBounded(response, { url, limitBytes: LIMIT_BYTES }, signal);
}

async function readJson(fetchFile: Fetch, url: string): Promise<unknown> {
  return parseJson(new TextDecoder().decode(await readFile(fetchFile, url)), url);
}

/**
 * Reads the reference data of a model.
 *
 * @throws EngineError where a file is missing or is not what it should be
 */
export async function loadGolden(
  { json, floats }: GoldenUrls,
  fetchFile: Fetch,
): Promise<GoldenReference> {
  const parsed = await readJson(fetchFile, json);
  const bytes = await readFile(fetchFile, floats);
  if (bytes.length % 4 > 0) throw invalid(floats, `${bytes.length} bytes are not whole numbers`);
  return parseGolden(parsed, decodeFloats(bytes, "f32"), json);
}

/** Reads a JSON file that a model may have; undefined if it has none. */
export async function loadJsonIfPresent(url: string, fetchFile: Fetch): Promise<unknown> {
  try {
    return await readJson(fetchFile, url);
  } catch (error) {
    if (error instanceof EngineError && isAbsent(error)) return undefined;
    throw error;
  }
}
