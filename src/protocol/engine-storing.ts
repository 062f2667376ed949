/** What may be done while no turn runs. */
export interface IdleTerms {
  /**
   * Whether the device may learn from what is chatted how to store a model's rows in fewer bytes. What it has learned
   * before is used all the same.
   */
  learning: boolean;
  /** Whether a person can see the page. If not, nothing is coded, judged or learned until they can. */
  visible: boolean;
  /** Whether that person is writing a message. Meanwhile nothing is coded, judged or learned either. */
  writing: boolean;
}

/** What an engine can do besides that keeps its KV in a store. */
export interface EngineStoring {
  /** Use the KV store at the other end of this port, which is transferred. Replaces an earlier one. */
  attachStore(port: MessagePort): Promise<void>;
  /**
   * Resolves when the KV of the turns so far is stored, or could not be. What is stored in fewer bytes
   * later is not waited for.
   */
  saved(): Promise<void>;
  /** These terms hold from now on. Until they are first set, the device may learn, the page is visible, and nobody writes. */
  setIdleTerms(terms: IdleTerms): Promise<void>;
}
