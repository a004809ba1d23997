/** IP addresses as text and as bytes. */

/** 4 bytes; undefined for what is no dotted quad of decimal numbers. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

/** 16 bytes (RFC 4291, 2.2); undefined for what is none. A zone (`%eth0`) makes it none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  const parts = halves.map((half) => (half === "" && halves.length === 2 ? [] : groupBytes(half)));
  const [head, tail = []] = parts;
  if (parts.length > 2 || head === undefined || parts.includes(undefined)) return undefined;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group of zeros.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function groupBytes(half: string): number[] | undefined {
  const groups = half.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const quad = index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (quad !== undefined) {
      bytes.push(...quad);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else {
      return undefined;
    }
  }
  return bytes;
}

/** Of either family. */
export function parseIp(text: string): Uint8Array | undefined {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** ::ffff:a.b.c.d */
export function mapped(ipv4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(ipv4, 12);
  return bytes;
}
