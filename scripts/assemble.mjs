// Puts the executable's parts into one file: the first half, which the kernel starts, the second half, the addon,
// and as the last bytes where they lie (struct parts in native/front/front.h).
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Parts are mapped: arm64 has pages of up to 64 KiB. */
const ALIGNMENT = 65536n;
const MAGIC = Buffer.from("ocirt parts v1\n\0", "latin1");

/** Throws what writing throws; the old file is replaced only by a whole one. */
export function assemble(out, { front, second, addon }) {
  mkdirSync(dirname(out), { recursive: true });
  const temporary = `${out}.new`;
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, "wx", 0o755);
  let end = 0n;
  const append = (data) => {
    for (let done = 0; done < data.length; )
      done += writeSync(fd, data, done, data.length - done, Number(end) + done);
    end += BigInt(data.length);
  };
  const place = (path) => {
    const data = readFileSync(path);
    append(Buffer.alloc(Number((ALIGNMENT - (end % ALIGNMENT)) % ALIGNMENT)));
    const start = end;
    append(data);
    return [start, BigInt(data.length)];
  };
  try {
    place(front);
    const parts = Buffer.from(BigUint64Array.from([...place(second), ...place(addon)]).buffer);
    append(Buffer.concat([parts, MAGIC]));
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, out);
}
