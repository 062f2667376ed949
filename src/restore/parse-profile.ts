import type { DeviceProfile, PrefillCost, TransferCost } from "./device-profile.ts";

/** No measurement exceeds this. Sums and products of such amounts are still finite. */
const MAX_AMOUNT = 1e12;
/** From a store that is slower, nothing would ever have been read. */
const LEAST_BYTES_PER_MS = 1e-3;
/** There will never be as many codec families. */
const MAX_FAMILIES = 1000;

/** Reads a profile that was stored as plain data. Undefined if it is none: anyone may have written it. */
export function parseProfile(kept: unknown): DeviceProfile | undefined {
  const fields = record(kept);
  const read = transfer(fields?.["read"]);
  const weights = transfer(fields?.["weights"]);
  const prefill = parsePrefill(fields?.["prefill"]);
  const decode = parseFamilies(fields?.["decode"]);
  // An earlier version did not measure this.
  const prepare = parseFamilies(fields?.["prepare"]);
  if (!read || !weights || !prefill || !decode || !prepare) return undefined;
  return Object.keys(decode).length > 0 ? { read, weights, prefill, decode, prepare } : undefined;
}

/** Undefined if the cost of any family is none. */
function parseFamilies(kept: unknown): DeviceProfile["decode"] | undefined {
  const families = Object.entries(record(kept) ?? {});
  if (families.length > MAX_FAMILIES) return undefined;
  const costs = families.flatMap(([family, one]) => {
    const cost = transfer(one);
    return cost ? [[family, cost] as const] : [];
  });
  return costs.length === families.length ? Object.fromEntries(costs) : undefined;
}

function transfer(kept: unknown): TransferCost | undefined {
  const fields = record(kept);
  const [fixedMs, bytesPerMs] = [amount(fields?.["fixedMs"]), fields?.["bytesPerMs"]];
  if (fixedMs === undefined || typeof bytesPerMs !== "number") return undefined;
  if (!Number.isFinite(bytesPerMs) || bytesPerMs < LEAST_BYTES_PER_MS) return undefined;
  // Where size made no difference, the fit may have found any rate.
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

/** Reads the last `most` measurements that were stored, without those that are none. */
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
