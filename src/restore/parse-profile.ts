import type { DeviceProfile, PrefillCost, TransferCost } from "./device-profile.ts";

/** What nothing that was measured exceeds: sums and products of these are still numbers. */
const MAX_AMOUNT = 1e12;
/** Of what is slower, nothing would ever have been read. */
const LEAST_BYTES_PER_MS = 1e-3;
/** More than there will be. */
const MAX_FAMILIES = 1000;

/** A profile that was kept as plain data; undefined if that is none, whatever wrote it. */
export function parseProfile(kept: unknown): DeviceProfile | undefined {
  const fields = record(kept);
  const read = transfer(fields?.["read"]);
  const weights = transfer(fields?.["weights"]);
  const prefill = parsePrefill(fields?.["prefill"]);
  const families = Object.entries(record(fields?.["decode"]) ?? {});
  if (families.length > MAX_FAMILIES) return undefined;
  const decode = families.map(([family, cost]) => [family, transfer(cost)] as const);
  if (!read || !weights || !prefill || decode.length === 0) return undefined;
  if (decode.some(([, cost]) => cost === undefined)) return undefined;
  return { read, weights, prefill, decode: Object.fromEntries(decode) as DeviceProfile["decode"] };
}

function transfer(kept: unknown): TransferCost | undefined {
  const fields = record(kept);
  const [fixedMs, bytesPerMs] = [amount(fields?.["fixedMs"]), fields?.["bytesPerMs"]];
  if (fixedMs === undefined || typeof bytesPerMs !== "number") return undefined;
  if (!Number.isFinite(bytesPerMs) || bytesPerMs < LEAST_BYTES_PER_MS) return undefined;
  // Where size made no difference, any rate may have been found.
  return { fixedMs, bytesPerMs: Math.min(bytesPerMs, MAX_AMOUNT) };
}

function parsePrefill(kept: unknown): PrefillCost | undefined {
  const fields = record(kept);
  const tokenLayerMs = amount(fields?.["tokenLayerMs"]);
  const tokenLayerKiloMs = amount(fields?.["tokenLayerKiloMs"]);
  const stepMs = amount(fields?.["stepMs"]);
  if (tokenLayerMs === undefined || tokenLayerKiloMs === undefined || stepMs === undefined)
    return undefined;
  return { tokenLayerMs, tokenLayerKiloMs, stepMs };
}

/** Measurements that were kept, the last ones, without any that are none. */
export function parseSamples<Field extends string>(
  kept: unknown,
  fields: readonly Field[],
  most: number,
): Record<Field, number>[] {
  if (!Array.isArray(kept)) return [];
  return kept
    .slice(-most)
    .filter((one: unknown): one is Record<Field, number> =>
      fields.every((field) => amount(record(one)?.[field]) !== undefined),
    );
}

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;

/** A time or a size that can have been measured. */
export const amount = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value <= MAX_AMOUNT ? value : undefined;
