/**
 * The beginning of a Git LFS pointer: a repository that was copied without its large files has one in place of each.
 */
const LFS_POINTER = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n");

/** Whether a file is a Git LFS pointer in place of the real one. Nothing else that a model has begins this way. */
export const isLfsPointer = (beginning: Uint8Array): boolean =>
  beginning.length >= LFS_POINTER.length && LFS_POINTER.every((byte, i) => beginning[i] === byte);
