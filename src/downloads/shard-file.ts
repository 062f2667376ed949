/** A file of weights, as its model's index describes it. */
export interface ShardFile {
  url: string;
  nbytes: number;
  /** The file's MD5, in lower-case hex. */
  md5: string;
}
