/**
 * Where the compiled libraries of WebLLM's own models lie: `modelLibURLPrefix` and `modelVersion` of the installed
 * package, which a test compares. The page's policy lets nothing else be fetched from that host.
 */
export const WEBLLM_LIBRARIES =
  "https://raw.githubusercontent.com/mlc-ai/binary-mlc-llm-libs/main/web-llm-models/v0_2_86/base/";
