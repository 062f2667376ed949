import { t } from "@lingui/core/macro";
import type { EngineStatus, ModelInfo, TemplateFault } from "../../protocol/engine-api.ts";
import { bytesOf } from "../byte-size.ts";
import { processorPlace } from "./processor-place.ts";

/**
 * What the status line says. Failures are shown as alerts, each with a sentence of its own.
 *
 * @param model the name of the one that is being loaded, if it is known
 */
export function statusSentence(status: EngineStatus, model?: string): string {
  switch (status.phase) {
    case "loading":
      return loadingSentence(status, model ?? t`the model`);
    case "recovering":
      return t`The device that runs the model was reset. Loading the model again; your conversation is saved.`;
    case "elsewhere":
      return status.isAwaited
        ? t`Another tab is using the model. It hands it over when it has finished its answer.`
        : t`Another tab has the model. It is loaded here when you send a message.`;
    case "ready":
      return readySentence(status.model);
    case "idle":
    case "failed":
      return "";
  }
}

function loadingSentence(
  { loadedBytes, totalBytes }: Extract<EngineStatus, { phase: "loading" }>,
  name: string,
): string {
  if (totalBytes === 0) return t`Loading ${name}`;
  const bytes = bytesOf(loadedBytes, totalBytes);
  return t`Loading ${name}: ${bytes}`;
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
