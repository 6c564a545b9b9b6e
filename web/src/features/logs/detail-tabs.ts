/** The views of a log record, in the order they are shown. */
export const DETAIL_TABS = ['overview', 'fields', 'context'] as const;
export type DetailTab = (typeof DETAIL_TABS)[number];
