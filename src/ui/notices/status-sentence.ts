import { t } from "@lingui/core/macro";
import type { EngineStatus, ModelInfo, TemplateFault } from "../../protocol/engine-api.ts";
import { processorPlace } from "./processor-place.ts";

/**
 * What the status line says where nothing is waited for that can be counted: `waitingFor` has words for that. Failures
 * are shown as alerts, each with a sentence of its own.
 */
export function statusSentence(status: EngineStatus): string {
  switch (status.phase) {
    case "recovering":
      return t`The device that runs the model was reset. Loading the model again; your conversation is saved.`;
    case "elsewhere":
      return status.isAwaited
        ? t`Another tab is using the model. It hands it over when it has finished its answer.`
        : t`Another tab has the model. It is loaded here when you send a message.`;
    case "ready":
      return readySentence(status.model);
    case "loading":
    case "idle":
    case "failed":
      return "";
  }
}

function readySentence(model: ModelInfo): string {
  if (model.templateFault) return templateSentence(model.templateFault);
  const place = processorPlace(model);
  return place === undefined ? t`Ready` : t`Ready, ${place}`;
}

/** Why messages are written in the way of the model's family, and not in the model's own. */
function templateSentence(fault: TemplateFault): string {
  return t`${{ problem: templateProblem(fault) }} Messages are written as is usual for models of its family.`;
}

function templateProblem(fault: TemplateFault): string {
  switch (fault) {
    case "missing":
      return t`This model comes without a chat template.`;
    case "too-long":
      return t`This model's chat template is too long.`;
    case "too-slow":
      return t`This model's chat template takes too long to run.`;
    case "fails":
      return t`This model's chat template does not work.`;
    case "loses-contents":
      return t`This model's chat template leaves out messages, or repeats them.`;
    case "depends-on-contents":
      return t`This model's chat template changes what messages say.`;
    case "unavailable":
      return t`This model's chat template cannot be run in this browser.`;
  }
}
