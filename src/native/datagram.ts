/** One datagram to a socket in the file system. */
import { native } from "./index.ts";

interface Datagrams {
  /** sendto(2) on a new AF_UNIX datagram socket; never blocks. Throws a NativeError. */
  sendDatagram(path: string, data: string | Uint8Array): void;
}

export function sendDatagram(path: string, data: string | Uint8Array): void {
  native<Datagrams>().sendDatagram(path, data);
}
