import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { DeviceProfile } from "../catalogue/fit.ts";
import { freeStorage } from "../catalogue/free-storage.ts";
import { modelsHere, type ModelHere } from "../catalogue/models-here.ts";
import { readCard } from "../catalogue/read-card.ts";
import { useClient, useDownloads } from "./client-context.ts";
import { useExpectedDevice, useProcessorSpeed } from "./device-queries.ts";
import { useCachedModels, useKeptModels } from "./kept-model-queries.ts";
import { useStorageUsage } from "./storage-queries.ts";

/** What models run on here, and what that can do; undefined until it is known. */
export function useDeviceProfile(): DeviceProfile | undefined {
  const device = useExpectedDevice();
  const speed = useProcessorSpeed(device === "processor");
  const card = useQuery({
    queryKey: ["device", "profile"],
    queryFn: async () => (await readCard()) ?? null,
    enabled: device === "gpu",
  });
  if (device === "processor") return { on: "processor", speed };
  return card.data ?? undefined;
}

/** Bytes that downloads may still take; undefined where the browser does not say. */
export function useFreeStorage(): number | undefined {
  const usage = useStorageUsage();
  const reserved = usage.data ? Math.max(0, usage.data.limitBytes - usage.data.kvBytes) : undefined;
  const free = useQuery({
    queryKey: ["storage", "free", reserved],
    queryFn: async () => (await freeStorage(reserved ?? 0)) ?? null,
    enabled: reserved !== undefined,
  });
  return free.data ?? undefined;
}

/** The models that need no download. */
export function useModelsHere(): ModelHere[] {
  const { modelChoice } = useClient();
  const kept = useKeptModels();
  const downloads = useDownloads();
  const cached = useCachedModels();
  return modelsHere({ standing: modelChoice.standing, kept: kept.data ?? [], downloads, cached });
}

/** For how many tokens models have room. */
export function useContextTokens(): number {
  const { context } = useClient();
  return useSyncExternalStore(context.subscribe, context.getSnapshot);
}
