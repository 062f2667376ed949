import { EngineError } from "../shared/engine-error.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { invalid } from "../shared/json-reader.ts";

/** What an answer with a range of a file says of the whole file. */
export interface FileState {
  /** Bytes of the whole file. */
  bytes: number;
  /**
   * What is another when the file is: a strong ETag, or else the time of the last change. Undefined where the server
   * tells neither.
   */
  validator: string | undefined;
}

/** The longest ETag that is believed to be one. Servers give 20 to 80 letters. */
const MAX_ETAG_LETTERS = 1024;

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;

interface ContentRange extends IndexRange {
  total: number;
}

function contentRange(response: Response): ContentRange | undefined {
  const match = CONTENT_RANGE.exec(response.headers.get("content-range") ?? "");
  if (match === null) return undefined;
  const [start, last, total] = match.slice(1).map(Number) as [number, number, number];
  return { start, end: last + 1, total };
}

/**
 * The number of bytes that an answer to a request for a range has, which ends no later than the file.
 *
 * @throws EngineError `model-invalid` for an answer that does not say that it holds this range
 */
export function checkedLength(response: Response, { start, end }: IndexRange, url: string): number {
  const answered = contentRange(response);
  const expected = answered && { start, end: Math.min(end, answered.total) };
  if (answered?.start !== expected?.start || answered?.end !== expected?.end || !expected)
    throw invalid(url, "the server's answer is not the part of the file that was asked for");
  return expected.end - expected.start;
}

/** What an answer whose range was checked says of the file. */
export function fileState(response: Response): FileState {
  const etag = response.headers.get("etag");
  const isStrong = etag?.startsWith('"') === true && etag.length <= MAX_ETAG_LETTERS;
  const validator = (isStrong ? etag : response.headers.get("last-modified")) ?? undefined;
  return {
    bytes: contentRange(response)?.total ?? 0,
    validator: validator?.slice(0, MAX_ETAG_LETTERS),
  };
}

/** Whether a failure says that a file has no byte at all: there is no range that could be asked of it. */
export const isOfEmptyFile = (error: unknown): boolean =>
  error instanceof EngineError &&
  error.failure.code === "model-http-error" &&
  error.failure.status === 416;
