import webLlmModels from "virtual:webllm-models";
import { catalogueOf } from "../../catalogue/catalogue.ts";

/** All models that can be chosen. Whoever needs them imports this file when it is needed: it holds the lists. */
export const ALL_MODELS = catalogueOf(webLlmModels);
