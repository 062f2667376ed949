/** A file of weights, as its model's index describes it. */
export interface ShardFile {
  url: string;
  nbytes: number;
  /** Lower-case hex. */
  md5: string;
}
