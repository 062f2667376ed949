/** What an engine can do besides that keeps its KV in a store. */
export interface EngineStoring {
  /** Use the KV store at the other end of this port, which is transferred. Replaces an earlier one. */
  attachStore(port: MessagePort): Promise<void>;
  /**
   * Resolves when the KV of the turns so far is stored, or could not be. What is stored in fewer bytes
   * later is not waited for.
   */
  saved(): Promise<void>;
}
