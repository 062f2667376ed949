/** What `npm run real:webllm` tries, as its test in the browser gets it. */
export interface RealLibrary {
  /** Where the model's files and `library.wasm` are served, with a final slash. */
  origin: string;
  contextTokens: number;
}

declare module "vitest" {
  interface ProvidedContext {
    realLibrary: RealLibrary;
  }
}
