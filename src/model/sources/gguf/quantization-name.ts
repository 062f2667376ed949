import type { ReadModel } from "./read-model.ts";
import { fileTypeName } from "./tensor-types.ts";

/** What a file's mixture of types is called: as the file says, or after the type that most of its bytes have. */
export function quantizationName({ metadata, tensors }: ReadModel): string {
  const key = "general.file_type";
  const stated = metadata.has(key) ? fileTypeName(metadata.integer(key)) : undefined;
  if (stated !== undefined) return stated;
  const bytes = new Map<string, number>();
  for (const { type, start, end } of tensors) bytes.set(type, (bytes.get(type) ?? 0) + end - start);
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? "F32";
}
