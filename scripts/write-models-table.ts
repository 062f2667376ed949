import { writeFile } from "node:fs/promises";
import { DOCUMENT, upToDate } from "./models-table.ts";
import { webLlmModels } from "./webllm-models.ts";

await writeFile(DOCUMENT, await upToDate(await webLlmModels()));
