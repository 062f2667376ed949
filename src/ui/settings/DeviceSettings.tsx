import { t } from "@lingui/core/macro";
import { useClient, useDeviceChoice, useEngineStatus } from "../../client/hooks/client-context.ts";
import {
  useExpectedDevice,
  useHasGraphicsCard,
  useProcessorAdvice,
} from "../../client/hooks/device-queries.ts";
import type { ProcessorAdvice } from "../../client/models/processor-advice.ts";
import { aboutTokens } from "../notices/advice-sentence.ts";
import { oneThreadSentence } from "../notices/processor-place.ts";
import { DeviceSelect } from "./DeviceSelect.tsx";

/** What models run on, for all conversations. */
export function DeviceSettings() {
  const { modelChoice } = useClient();
  const status = useEngineStatus();
  const model = status.phase === "ready" ? status.model : undefined;
  const advice = useProcessorAdvice(model && { name: model.name, bytes: model.weightBytes });
  const isOnProcessor = useExpectedDevice() === "processor";
  return (
    <DeviceSelect
      choice={useDeviceChoice()}
      hasCard={useHasGraphicsCard()}
      notes={isOnProcessor ? processorNotes(advice) : []}
      onChange={(choice) => void modelChoice.runOn(choice)}
    />
  );
}

/** What is said of the processor besides: how fast the model in use is there, and what could make it faster. */
function processorNotes(advice: ProcessorAdvice | undefined): string[] {
  const tokensPerSecond =
    advice && "tokensPerSecond" in advice ? advice.tokensPerSecond : undefined;
  const speed =
    tokensPerSecond && t`The model in use writes ${{ speed: aboutTokens(tokensPerSecond) }} there.`;
  return [speed, oneThreadSentence(globalThis)].filter((note) => typeof note === "string");
}
