/** Something that was measured or learned on this device, as it is stored. */
export interface DeviceRecord {
  name: string;
  /** Plain data, up to megabytes. The property's name is that of the first such record, and frozen. */
  profile: unknown;
}
