import type { EngineFailure } from "./errors.ts";

type Check = (field: unknown) => boolean;

const MAX_LETTERS = 4096;
const MAX_STATUS = 999;

const isText: Check = (field) => typeof field === "string" && field.length <= MAX_LETTERS;
const isUrl: Check = (field) => isText(field) && URL.canParse(String(field));
const isSize: Check = (field) => Number.isSafeInteger(field) && Number(field) >= 0;
const isStatus: Check = (field) => isSize(field) && Number(field) <= MAX_STATUS;
const isUnsupported: Check = (field) =>
  field === "architecture" || field === "quantization" || field === "shape";

/** The failures that a download may be left with, and what each says besides its code. */
const KEPT: Partial<Record<EngineFailure["code"], Readonly<Record<string, Check>>>> = {
  "model-unreachable": { url: isUrl },
  "model-http-error": { url: isUrl, status: isStatus },
  "model-needs-account": { url: isUrl, status: isStatus },
  "model-redirected": { url: isUrl },
  "model-file-too-large": { url: isUrl, limitBytes: isSize },
  "model-lfs-pointer": { url: isUrl },
  "model-truncated": { url: isUrl, expectedBytes: isSize, foundBytes: isSize },
  "model-checksum": { url: isUrl, expected: isText, found: isText },
  "model-unsupported": { what: isUnsupported, found: isText },
  "model-invalid": { url: isUrl, detail: isText },
  "model-changed": { url: isUrl },
  "download-no-room": { neededBytes: isSize, freeBytes: isSize },
  "store-unavailable": { message: isText },
  "quota-exceeded": {},
};

/** Why a download failed in an earlier visit, as far as what was stored of it can be believed; undefined if it cannot. */
export function keptFailure(stored: unknown): EngineFailure | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const fields = stored as Readonly<Record<string, unknown>>;
  const { code } = fields;
  if (typeof code !== "string" || !Object.hasOwn(KEPT, code)) return undefined;
  const checks = Object.entries(KEPT[code as EngineFailure["code"]] ?? {});
  if (!checks.every(([name, isRight]) => isRight(fields[name]))) return undefined;
  // Other fields are left behind.
  const told = Object.fromEntries(checks.map(([name]) => [name, fields[name]]));
  return { code, ...told } as EngineFailure;
}
