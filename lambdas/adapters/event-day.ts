/** The partition of the listing index that an event falls in: one a source and UTC day. */
export function eventDay(source: string, receivedAt: number): string {
  return `${source}#${new Date(receivedAt).toISOString().slice(0, 10)}`;
}
