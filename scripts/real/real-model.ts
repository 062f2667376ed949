/** The model that `npm run real` measures, as its tests in the browser get it. */
export interface RealModel {
  name: string;
  /** The URL of its file. */
  address: string;
  /** Whether it is the file that there are reference answers for. */
  isReference: boolean;
  /** How many recall conversations are held with it, and with Pip. */
  conversations: number;
  /** What it runs on. */
  device: "gpu" | "processor";
}

declare module "vitest" {
  interface ProvidedContext {
    realModel: RealModel;
  }
}
