import type { FileRefusal } from "../../client/local-files/model-files.ts";
import { plainName } from "../../client/models/plain-name.ts";

/** Why files were not taken, and what would be, for a person. */
export function refusalSentence(refusal: FileRefusal): string {
  switch (refusal.is) {
    case "nothing":
      return "There was no file in what was dropped. Drop a model file, whose name ends in .gguf.";
    case "other-kind":
      return `“${plainName(refusal.name)}” is no model file. Only GGUF files can be opened here; their names end in .gguf.`;
    case "several-models":
      return "These files are several models. Open one model at a time, or all parts of one.";
    case "missing-parts":
      return `This model has ${String(refusal.parts)} parts, of which ${partsAre(refusal.found)} here. Open all of them together.`;
    case "no-gguf":
      return `“${plainName(refusal.name)}” is called .gguf, but its content is something else. It may be damaged or not fully downloaded.`;
    case "unreadable":
      return `“${plainName(refusal.name)}” cannot be read. It may be a folder, or it was moved or deleted.`;
  }
}

const partsAre = (count: number): string => (count === 1 ? "1 is" : `${String(count)} are`);
