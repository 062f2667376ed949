import { useQuery } from "@tanstack/react-query";
import { hasGraphicsCard } from "../models/graphics-card.ts";
import type { DeviceKind } from "../../protocol/engine-api.ts";
import type { ProcessorSpeed } from "../../protocol/engine-processor.ts";
import { processorAdvice, type ProcessorAdvice } from "../models/processor-advice.ts";
import { useAnsweringIn, useClient, useDeviceChoice, useEngineStatus } from "./client-context.ts";

/** What was found out once holds for the visit. */
const ONCE = { staleTime: Infinity, gcTime: Infinity } as const;

/** Whether the browser offers a graphics card; undefined until it has said so. */
export function useHasGraphicsCard(isWanted = true): boolean | undefined {
  const found = useQuery({
    queryKey: ["device", "card"],
    queryFn: () => hasGraphicsCard(),
    enabled: isWanted,
    ...ONCE,
  });
  return found.data;
}

/** What a model would run on that is loaded now; undefined until that is known. */
export function useExpectedDevice(isWanted = true): DeviceKind | undefined {
  const choice = useDeviceChoice();
  const hasCard = useHasGraphicsCard(isWanted && choice === "auto");
  if (choice !== "auto") return choice;
  if (hasCard === undefined) return undefined;
  return hasCard ? "gpu" : "processor";
}

/**
 * What the processor can do here; undefined until it was measured. It is measured once in a visit, when it is wanted and
 * the engine does nothing else.
 */
export function useProcessorSpeed(isWanted: boolean): ProcessorSpeed | undefined {
  const { engine } = useClient();
  const { phase } = useEngineStatus();
  const isAnswering = useAnsweringIn() !== undefined;
  const isFree = !isAnswering && phase !== "loading" && phase !== "recovering";
  const speed = useQuery({
    queryKey: ["device", "processor"],
    queryFn: async () => (await engine.measureProcessor()) ?? null,
    enabled: isWanted && isFree,
    ...ONCE,
  });
  return speed.data ?? undefined;
}

/** How a model can be expected to run here; undefined where it runs on a graphics card, or nothing is known. */
export function useProcessorAdvice(
  model: { name: string; bytes?: number | undefined } | undefined,
): ProcessorAdvice | undefined {
  const device = useExpectedDevice(model !== undefined);
  const isWanted = device === "processor" && model !== undefined;
  const speed = useProcessorSpeed(isWanted);
  return isWanted ? processorAdvice({ name: model.name, bytes: model.bytes, speed }) : undefined;
}
