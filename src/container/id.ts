/** Which container ids are accepted. An id names a directory and a cgroup, so it must be one plain name. */
import { OcirtError } from "../errors.ts";

/** NAME_MAX: an id is a file name. */
/** NAME_MAX less what the name of the lock adds. */
const LONGEST = 255 - "..lock".length;

/** How a character that may not be printable stands in a message. */
const shown = (character: string): string => JSON.stringify(character).slice(1, -1);

/**
 * Throws unless `id` consists of ASCII letters, digits and `_ + - .`, which are runc's, does not start with a
 * dot and is no longer than a file name can be.
 */
export function checkId(id: string): void {
  if (id === "") throw new OcirtError({ action: "container ID cannot be empty" });
  const wrong = /[^A-Za-z0-9_+.-]/u.exec(id);
  let reason: string | undefined;
  if (wrong !== null) reason = `invalid character \`${shown(wrong[0])}\``;
  else if (id[0] === ".") reason = "invalid character `.` at the start";
  else if (id.length > LONGEST) reason = `longer than ${LONGEST} characters`;
  if (reason === undefined) return;
  throw new OcirtError({
    action: "invalid container ID",
    path: shown(id.length > LONGEST ? `${id.slice(0, 32)}…` : id),
    reason,
    hint: "use letters, digits, _ + - and . (not first)",
  });
}
