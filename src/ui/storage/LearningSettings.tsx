import { useClient, useIsLearning } from "../../client/hooks/client-context.ts";
import { LearningSwitch } from "./LearningSwitch.tsx";

/** Whether the device learns from what is chatted, for all conversations. */
export function LearningSettings() {
  const { learning } = useClient();
  return <LearningSwitch isOn={useIsLearning()} onChange={(isOn) => learning.choose(isOn)} />;
}
