/** What a file begins with that Git LFS keeps elsewhere, in a copy of a repository without these files. */
const LFS_POINTER = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n");

/** Whether this is a Git LFS pointer in place of the file. Nothing else that a model has begins so. */
export const isLfsPointer = (beginning: Uint8Array): boolean =>
  beginning.length >= LFS_POINTER.length && LFS_POINTER.every((byte, i) => beginning[i] === byte);
