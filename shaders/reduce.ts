import { assert } from "../src/shared/assert.ts";
import type { AdapterDescription } from "../src/gpu/device.ts";
import reduceSubgroup from "./reduce-subgroup.wgsl?raw";
import reduceWorkgroup from "./reduce-workgroup.wgsl?raw";

/** How many invocations share one sum, out of how many, and whether subgroups add it up. */
export interface LaneSharing {
  /** A power of two that divides `workgroup`; with subgroups at most the smallest one. */
  lanes: number;
  workgroup: number;
  subgroups: boolean;
}

const MAX_LANES = 32;
/** Lanes without subgroups: fewer, because every halving is a barrier. */
const WORKGROUP_LANES = 16;

/** What suits a device: neighbours of one subgroup share; small workgroups where there are few cores. */
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
