/**
 * What the ids of temporary conversations begin with. Such a conversation is in the memory of its tab only: neither its
 * text nor anything that is computed of it is stored. Its id alone says so, so that no caller can forget to.
 */
const PREFIX = "temporary-";

export const temporaryId = (id: string): string => PREFIX + id;

export const isTemporary = (conversationId: string): boolean => conversationId.startsWith(PREFIX);
