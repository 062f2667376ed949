import { assert } from "../src/shared/assert.ts";
import type { AdapterDescription } from "../src/device/device.ts";
import reduceSubgroup from "./reduce-subgroup.wgsl?raw";
import reduceWorkgroup from "./reduce-workgroup.wgsl?raw";

/** How many invocations of a workgroup add up one sum together, and by which means. */
export interface LaneSharing {
  /**
   * Neighbouring invocations that share a sum: a power of two that divides `workgroup`. With `subgroups` it is
   * at most the smallest number of lanes that a subgroup of the device may have.
   */
  lanes: number;
  /** Invocations of a workgroup. */
  workgroup: number;
  /** Whether subgroup shuffles add up the sum, rather than workgroup memory. */
  subgroups: boolean;
}

const MAX_LANES = 32;
/** Lanes where there are no subgroups. They are fewer, because every halving costs a barrier. */
const WORKGROUP_LANES = 16;

/**
 * The sharing that suits a device. Invocations of one subgroup share a sum where there are subgroups, and
 * workgroups are small where there are few cores.
 */
export function laneSharing({ subgroupLanes, software }: AdapterDescription): LaneSharing {
  const workgroup = software ? 16 : 64;
  return subgroupLanes > 0
    ? { lanes: Math.min(subgroupLanes, MAX_LANES), workgroup, subgroups: true }
    : { lanes: WORKGROUP_LANES, workgroup, subgroups: false };
}

/** WGSL that defines `sum_lanes(value, index)`. */
export function reduceSnippet({ lanes, workgroup, subgroups }: LaneSharing): {
  wgsl: string;
  constants: Record<string, number>;
  features: "subgroups"[];
} {
  assert(workgroup % lanes === 0, `${lanes} lanes do not divide ${workgroup}`);
  return {
    wgsl: subgroups ? reduceSubgroup : reduceWorkgroup,
    constants: { LANES: lanes, WORKGROUP: workgroup },
    features: subgroups ? ["subgroups"] : [],
  };
}
