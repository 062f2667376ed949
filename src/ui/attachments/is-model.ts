import type { HandedFile } from "../../client/local-files/model-files.ts";

/** Whether what was dropped is a model: a folder, or a file that is called like one. Anything else is read as text. */
export const isModel = (handed: readonly HandedFile[]): boolean =>
  handed.length === 0 ||
  handed.some(({ file, folder }) => folder !== undefined || /\.gguf$/i.test(file.name));
