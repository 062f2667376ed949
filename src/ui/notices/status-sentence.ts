import type { EngineStatus } from "../../protocol/engine-api.ts";
import { bytesOf } from "../byte-size.ts";

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
      return "The graphics device was reset. Loading the model again; your conversation is saved.";
    case "elsewhere":
      return status.isAwaited
        ? "Another tab is using the model. It hands it over when it has finished its answer."
        : "The model is on the graphics card for another tab. It is loaded here when you send a message.";
    case "ready":
      return "Ready";
    case "idle":
    case "failed":
      return "";
  }
}
