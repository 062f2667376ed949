declare module "virtual:webllm-models" {
  /** WebLLM's list of models, which the build takes out of its package: scripts/webllm-models.ts. */
  const models: readonly import("./webllm-model.ts").WebLlmModel[];
  export default models;
}
