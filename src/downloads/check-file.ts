import { createMD5, createSHA256 } from "hash-wasm";
import { EngineError } from "../shared/engine-error.ts";
import type { PlannedFile } from "./download-plan.ts";

/** The checksums of a file, as far as they are known, over its bytes from the first to the last. */
export class FileCheck {
  readonly #file: PlannedFile;
  readonly #sums: { expected: string; hash: Awaited<ReturnType<typeof createMD5>> }[] = [];

  static async begin(file: PlannedFile): Promise<FileCheck> {
    const check = new FileCheck(file);
    const { md5, sha256 } = file;
    if (md5 !== undefined) check.#sums.push({ expected: md5, hash: (await createMD5()).init() });
    if (sha256 !== undefined)
      check.#sums.push({ expected: sha256, hash: (await createSHA256()).init() });
    return check;
  }

  private constructor(file: PlannedFile) {
    this.#file = file;
  }

  /** Whether there is anything to compare the file with. */
  get isNeeded(): boolean {
    return this.#sums.length > 0;
  }

  update(bytes: Uint8Array): void {
    for (const { hash } of this.#sums) hash.update(bytes);
  }

  /** @throws EngineError `model-checksum` */
  end(): void {
    for (const { expected, hash } of this.#sums) {
      const found = hash.digest("hex");
      if (found !== expected)
        throw new EngineError({ code: "model-checksum", url: this.#file.url, expected, found });
    }
  }
}
