/** JSON as Go's decoder takes it. */

/** The document in `text`, without its null members. Throws what `parse` throws. */
export function parseJson(text: string, parse: (text: string) => unknown): unknown {
  const document = parse(text);
  if (text.includes("null") && NULL.test(text)) dropNulls(document);
  return document;
}

/** Also true of some strings, which costs a walk and nothing else. */
const NULL = /[:[,]\s*null\b/;

/** Go's decoder takes a null member as one that is not there, and engines written in Go rely on it. */
function dropNulls(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    if (members[name] === null && !Array.isArray(value)) delete members[name];
    else dropNulls(members[name]);
  }
}
