import type { EngineStatus, ModelInfo, TemplateFault } from "../../protocol/engine-api.ts";
import { bytesOf } from "../byte-size.ts";
import { processorPlace } from "./processor-place.ts";

/**
 * What the status line says. Failures are shown as alerts, each with a sentence of its own.
 *
 * @param name of the model that is being loaded
 */
export function statusSentence(status: EngineStatus, name = "the model"): string {
  switch (status.phase) {
    case "loading":
      return status.totalBytes === 0
        ? `Loading ${name}`
        : `Loading ${name}: ${bytesOf(status.loadedBytes, status.totalBytes)}`;
    case "recovering":
      return "The device that runs the model was reset. Loading the model again; your conversation is saved.";
    case "elsewhere":
      return status.isAwaited
        ? "Another tab is using the model. It hands it over when it has finished its answer."
        : "Another tab has the model. It is loaded here when you send a message.";
    case "ready":
      return readySentence(status.model);
    case "idle":
    case "failed":
      return "";
  }
}

function readySentence(model: ModelInfo): string {
  if (model.templateFault) return templateSentence(model.templateFault);
  return ["Ready", processorPlace(model)].filter((part) => part !== undefined).join(", ");
}

/** Why messages are written in the way of the model's family, and not in the model's own. */
function templateSentence(fault: TemplateFault): string {
  return `${templateProblem(fault)} Messages are written as is usual for models of its family.`;
}

function templateProblem(fault: TemplateFault): string {
  switch (fault) {
    case "missing":
      return "This model comes without a chat template.";
    case "too-long":
      return "This model's chat template is too long.";
    case "too-slow":
      return "This model's chat template takes too long to run.";
    case "fails":
      return "This model's chat template does not work.";
    case "loses-contents":
      return "This model's chat template leaves out messages, or repeats them.";
    case "depends-on-contents":
      return "This model's chat template changes what messages say.";
    case "unavailable":
      return "This model's chat template cannot be run in this browser.";
  }
}
