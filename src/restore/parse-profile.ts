import type { DeviceProfile, PrefillCost, TransferCost } from "./device-profile.ts";

/** A profile that was kept as plain data; undefined if that is none, whatever wrote it. */
export function parseProfile(kept: unknown): DeviceProfile | undefined {
  const fields = record(kept);
  const read = transfer(fields?.["read"]);
  const weights = transfer(fields?.["weights"]);
  const prefill = parsePrefill(fields?.["prefill"]);
  const decode = Object.entries(record(fields?.["decode"]) ?? {}).map(
    ([codec, cost]) => [codec, transfer(cost)] as const,
  );
  if (!read || !weights || !prefill || decode.length === 0) return undefined;
  if (decode.some(([, cost]) => cost === undefined)) return undefined;
  return { read, weights, prefill, decode: Object.fromEntries(decode) as DeviceProfile["decode"] };
}

function transfer(kept: unknown): TransferCost | undefined {
  const fields = record(kept);
  const [fixedMs, bytesPerMs] = [amount(fields?.["fixedMs"]), amount(fields?.["bytesPerMs"])];
  if (fixedMs === undefined || !bytesPerMs) return undefined;
  return { fixedMs, bytesPerMs };
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

/** Measurements that were kept, without any that are none. */
export function parseSamples<Field extends string>(
  kept: unknown,
  fields: readonly Field[],
): Record<Field, number>[] {
  if (!Array.isArray(kept)) return [];
  return kept.filter((one: unknown): one is Record<Field, number> =>
    fields.every((field) => amount(record(one)?.[field]) !== undefined),
  );
}

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;

const amount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
