/** A model as far as it takes to call it by a name that no other has. */
interface Called {
  name: string;
  /** Undefined while only the model's files say it. */
  quantization?: string | undefined;
}

/** What a model is called beside another one: where both have one name, the format of its weights tells them apart. */
export function modelLabel({ name, quantization }: Called, beside: Called): string {
  const isTold = name !== beside.name || quantization === undefined;
  return isTold ? name : `${name} (${quantization})`;
}
