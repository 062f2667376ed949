/** What `scripts/assemblyscript.ts` makes of `src/cpu/kernels`. */
declare module "virtual:processor-kernels" {
  /** @param isShared whether for a memory that threads share */
  export function compileKernels(isShared: boolean): Promise<WebAssembly.Module>;
}
