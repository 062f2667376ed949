import table from "./base-models.json";

/**
 * The numbers of a model's architecture. What nobody has looked up is null, and counts as unknown everywhere.
 */
export interface ModelShape {
  /** As MLC and GGUF name it. */
  architecture: string;
  layers: number | null;
  hidden: number | null;
  ffn: number | null;
  heads: number | null;
  kvHeads: number | null;
  headDim: number | null;
  /** Rows of the embedding. */
  vocab: number | null;
  /** Whether the embedding also serves as the head. */
  tiedEmbeddings: boolean | null;
  /** Matrices of the MLP: three where it has a gate, which is where this is absent. */
  mlpMatrices?: number;
  /** Layers whose K and V grow with the context; absent where all do. */
  kvLayers?: number;
  /** How many weights there are, where the other numbers do not tell. */
  parameters?: number;
  /** Where the numbers are written. */
  source: string;
}

/** What a model is good for. */
export type Purpose =
  "small-devices" | "chat" | "code" | "maths" | "reasoning" | "completion" | "embedding";

/** A model as its makers published it, in whatever format its weights then come. */
export interface BaseModel {
  /** The name that repositories have it under: `Llama-3.2-1B-Instruct`. */
  id: string;
  /** What a person calls it. */
  name: string;
  shape: ModelShape;
  /** Tokens of the longest context that it was made for. */
  contextTokens: number | null;
  licence: string | null;
  /** The languages by their tags, or how many there are. */
  languages: readonly string[] | number | null;
  goodFor: readonly Purpose[];
  /** Whether it can also read images, which this page does not hand it. */
  readsImages: boolean;
}

type Family = Pick<BaseModel, "licence" | "languages" | "contextTokens">;

/** A row of base-models.json. What it has itself comes before what its family and its shape have. */
interface ModelRow extends Partial<Family> {
  id: string;
  name: string;
  shape: string;
  family: string;
  goodFor: Purpose[];
  vocab?: number;
  readsImages?: boolean;
}

const { shapes, families, models } = table as unknown as {
  shapes: Record<string, ModelShape>;
  families: Record<string, Family>;
  models: ModelRow[];
};

/** All base models of the catalogue, in the order in which they are shown. */
export const BASE_MODELS: readonly BaseModel[] = models.map(
  ({ shape: shapeName, family: familyName, vocab, ...own }) => {
    const [shape, family] = [shapes[shapeName], families[familyName]];
    if (!shape || !family) throw new Error(`invariant: ${own.id} has a shape and a family`);
    return {
      ...family,
      readsImages: false,
      ...own,
      shape: { ...shape, ...(vocab !== undefined && { vocab }) },
    };
  },
);

const BY_ID = new Map(BASE_MODELS.map((model) => [model.id, model]));

export const baseModelOf = (id: string): BaseModel | undefined => BY_ID.get(id);
