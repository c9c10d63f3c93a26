/** Takes what matches out of a list that others hold as well. */
export function removeFrom<T>(list: T[], matches: (one: T) => boolean): void {
  list.splice(0, list.length, ...list.filter((one) => !matches(one)));
}
