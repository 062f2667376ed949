/** Something that was measured or learned on this device, as it is stored. */
export interface DeviceRecord {
  name: string;
  /** Plain data, up to megabytes. The name of this property is frozen, like that of the object store `profiles`. */
  profile: unknown;
}
