import type { MessageRecord } from "../../protocol/store-api.ts";
import { groupedBy } from "../../shared/grouped-by.ts";
import { READ_ID } from "./read-conversation.ts";

/** What somebody has said. */
export interface ForeignMessage {
  role: MessageRecord["role"];
  text: string;
  reasoning?: string | undefined;
}

/** A node of another program's tree. */
export interface ForeignNode {
  id: string;
  parentId: string | undefined;
  timeMs: number | undefined;
  /** Absent where the node is none of the conversation's messages, but only holds others together. */
  message?: ForeignMessage | undefined;
  /** What a model thought before the reply that follows this node. */
  thoughts?: string | undefined;
}

export interface ForeignTree {
  /** Each message behind the one that it follows; otherwise by their times. */
  messages: MessageRecord[];
  /** The message that a node is, or that is nearest above it. */
  messageAt(nodeId: string | undefined): string | undefined;
}

/** Where a node hangs. */
interface Place {
  /** The nearest message above it. */
  parentId: string | undefined;
  /** What was thought between the two. */
  thoughts: string;
}

const TOP: Place = { parentId: undefined, thoughts: "" };

/** More is not kept of what a model has thought before a reply. */
const MAX_THOUGHTS = 2 ** 20;

/**
 * The messages of another program's tree. What hangs on a node that is no message hangs on the nearest message above it.
 * Where nodes form a circle, it is cut open. The time that this takes grows with the number of nodes, however they hang.
 */
export function foreignTree(nodes: readonly ForeignNode[]): ForeignTree {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const places = placesOf(byId);
  const said = [...byId.values()].filter((node) => node.message);
  const messages = inTreeOrder(said, places).map((visited) => recordOf(visited, places));
  const messageAt = (id: string | undefined) =>
    byId.get(id ?? "")?.message ? id : places.get(id ?? "")?.parentId;
  return { messages, messageAt };
}

/** Climbs from each node to the next one whose place is known, and comes down again. A recursion could be too deep. */
function placesOf(byId: ReadonlyMap<string, ForeignNode>): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { id } of byId.values()) {
    const climbed: ForeignNode[] = [];
    let next = byId.get(id);
    while (next && !places.has(next.id)) {
      climbed.push(next);
      // Ends the climb where the nodes form a circle.
      places.set(next.id, TOP);
      next = byId.get(next.parentId ?? "");
    }
    for (const node of climbed.reverse()) places.set(node.id, placeBelow(node, { byId, places }));
  }
  return places;
}

function placeBelow(
  { parentId }: ForeignNode,
  { byId, places }: { byId: ReadonlyMap<string, ForeignNode>; places: ReadonlyMap<string, Place> },
): Place {
  const parent = byId.get(parentId ?? "");
  if (!parent) return TOP;
  if (parent.message) return { parentId: parent.id, thoughts: "" };
  const above = places.get(parent.id) ?? TOP;
  const thoughts = [above.thoughts, parent.thoughts ?? ""].filter(Boolean).join("\n\n");
  return { parentId: above.parentId, thoughts: thoughts.slice(0, MAX_THOUGHTS) };
}

interface Visited {
  node: ForeignNode;
  parentId: string | undefined;
  timeMs: number;
}

/** From the tops down, so that a message never stands before the one that it follows, whatever the times say. */
function inTreeOrder(said: readonly ForeignNode[], places: ReadonlyMap<string, Place>): Visited[] {
  const parentOf = ({ id }: ForeignNode) => places.get(id)?.parentId;
  const children = groupedBy(said, parentOf);
  const visited = new Map<string, Visited>();
  const visit = (node: ForeignNode, above: Visited | undefined) => {
    if (visited.has(node.id)) return;
    const timeMs = Math.max(node.timeMs ?? 0, above?.timeMs ?? 0);
    visited.set(node.id, { node, parentId: above?.node.id, timeMs });
  };
  for (const node of [...(children.get(undefined) ?? []), ...said]) {
    visit(node, undefined);
    const queue = [node.id];
    for (const id of queue)
      for (const child of children.get(id) ?? [])
        if (!visited.has(child.id)) {
          visit(child, visited.get(id));
          queue.push(child.id);
        }
  }
  // The order of equal times stays.
  return [...visited.values()].sort((some, other) => some.timeMs - other.timeMs);
}

function recordOf(
  { node, parentId, timeMs }: Visited,
  places: ReadonlyMap<string, Place>,
): MessageRecord {
  const { role = "user", text = "", reasoning } = node.message ?? {};
  const thoughts = reasoning?.trim() || places.get(node.id)?.thoughts;
  return {
    id: node.id,
    conversationId: READ_ID,
    parentId: parentId ?? null,
    role,
    text,
    status: "complete",
    createdAtMs: timeMs,
    ...(role === "assistant" && thoughts && { reasoning: thoughts }),
  };
}
