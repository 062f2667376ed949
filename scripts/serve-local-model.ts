import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Plugin } from "vite";
import { fileFacts, localModel, SMOLLM2, type LocalModel } from "./local-model.mjs";
import { devHeaders, securityHeaders } from "./security-headers.ts";

/** What is told of the model, and the file below it. Both are addresses below the page's. */
const DESCRIPTION = "models/local.json";
const FOLDER = "models/local/";

/** The served file as it is now. */
interface ServedFile {
  model: LocalModel;
  bytes: number;
  /** A strong validator: another content has another one. */
  etag: string;
}

/**
 * Serves one model beside the page in development and preview: its description at `models/local.json`, and its file in
 * ranges. A build knows nothing of it. The file is looked at anew at every request, as it may come later.
 */
export function serveLocalModel(model: LocalModel | undefined = localModel()): Plugin {
  const answer = answerWith(() => model && servedFile(model));
  return {
    name: "serve-local-model",
    configureServer({ middlewares, config }) {
      middlewares.use(withHeaders(answer(config.base), devHeaders));
    },
    configurePreviewServer({ middlewares, config }) {
      middlewares.use(withHeaders(answer(config.base), securityHeaders));
    },
  };
}

function servedFile(model: LocalModel): ServedFile | undefined {
  const facts = fileFacts(model.path);
  if (!facts) return undefined;
  const { bytes, modifiedMs } = facts;
  const isPinned = model.sha256 !== undefined && bytes === SMOLLM2.bytes;
  const version = isPinned ? model.sha256 : `${bytes}-${modifiedMs}`;
  return { model, bytes, etag: `"${version ?? ""}"` };
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const withHeaders =
  (handle: Handler, headers: Readonly<Record<string, string>>): Handler =>
  (request, response, next) =>
    handle(
      request,
      Object.entries(headers).reduce((res, [name, value]) => res.setHeader(name, value), response),
      next,
    );

/** @returns the handler for pages at an address, which is a path or relative */
export const answerWith =
  (find: () => ServedFile | undefined) =>
  (base: string): Handler =>
  (request, response, next) => {
    const root = base.startsWith("/") ? base : "/";
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = find();
    const isDescription = pathname === root + DESCRIPTION;
    // Without a file the build's own description is left to say `null`. Browsers would note a missing one as an error.
    if (!file || (!isDescription && pathname !== root + FOLDER + fileNameOf(file))) next();
    else if (request.method !== "GET" && request.method !== "HEAD")
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
    else if (isDescription) describe(request, response, file);
    else send(request, response, file);
  };

const fileNameOf = ({ model }: ServedFile): string => encodeURIComponent(basename(model.path));

function describe(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const { model, bytes } = file;
  const text = JSON.stringify({ name: model.name, url: `local/${fileNameOf(file)}`, bytes });
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-cache",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** Sends the file, or the range of it that is asked for, as RFC 9110 has it. */
function send(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const { bytes, etag, model } = file;
  const { range, "if-range": ifRange, "if-none-match": ifNoneMatch } = request.headers;
  const headers = { ETag: etag, "Accept-Ranges": "bytes", "Cache-Control": "no-cache" };
  if (ifNoneMatch?.split(",").some((known) => known.trim() === etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const isCurrent = ifRange === undefined || ifRange === etag;
  const asked = isCurrent ? rangeOf(range, bytes) : undefined;
  if (asked === "unsatisfiable") {
    response.writeHead(416, { ...headers, "Content-Range": `bytes */${bytes}` }).end();
    return;
  }
  const { start, end } = asked ?? { start: 0, end: bytes };
  response.writeHead(asked ? 206 : 200, {
    ...headers,
    "Content-Type": "application/octet-stream",
    "Content-Length": end - start,
    ...(asked && { "Content-Range": `bytes ${start}-${end - 1}/${bytes}` }),
  });
  if (request.method === "HEAD" || start === end) {
    response.end();
    return;
  }
  // A browser that goes away midway ends the stream with an error, which is nobody's trouble.
  pipeline(createReadStream(model.path, { start, end: end - 1 }), response).catch(() => undefined);
}

/**
 * The bytes that a `Range` header asks for, as a half-open range. Undefined for all of them: a header that asks for
 * several ranges, or that makes no sense, is as if absent.
 */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? bytes : Math.min(bytes, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return start < end ? { start, end } : "unsatisfiable";
}
