/** An error group's id is 16 lower-case hexadecimal digits; the store's column `group_id` holds it as a 64-bit number. */
export function isGroupId(id: unknown): id is string {
  return typeof id === 'string' && /^[0-9a-f]{16}$/.test(id);
}

/** For a `UInt64` parameter. `id` must be a group id. */
export function toGroupNumber(id: string): bigint {
  return BigInt(`0x${id}`);
}

/** SQL for the id as text. */
export const GROUP_ID_TEXT = "lower(leftPad(hex(group_id), 16, '0'))";
