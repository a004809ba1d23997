/** Whose the subordinate ids are (subuid(5), subgid(5)). Pure. */

/** The name of a uid in the text of /etc/passwd. */
export function userName(passwd: string, uid: number): string | undefined {
  const fields = passwd.split("\n").map((line) => line.split(":"));
  return fields.find(([, , number]) => number === String(uid))?.[0];
}

/** Whether a line `user:first:count` with any id is one of these names'. */
export function hasRange(ranges: string, names: readonly (string | undefined)[]): boolean {
  return ranges.split("\n").some((line) => {
    const [user = "", , count] = line.split(":");
    return user !== "" && names.includes(user) && Number(count) > 0;
  });
}
