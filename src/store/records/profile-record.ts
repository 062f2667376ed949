export interface KeptProfile {
  name: string;
  /** Plain data. */
  profile: unknown;
}
