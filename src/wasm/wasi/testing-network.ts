/** A guest with sockets, for unit tests. */
import * as assert from "uvu/assert";
import { FAMILY, SOCKET_TYPE } from "./constants.ts";
import { Guest } from "./testing.ts";

export const LOOPBACK4: Uint8Array = Uint8Array.of(127, 0, 0, 1);
export const LOOPBACK6: Uint8Array = new Uint8Array(16).fill(1, 15);

export class Network extends Guest {
  socket(family: number, type: number): number {
    const out = this.room(4);
    const errno = this.call.sock_open?.(family, type, out) as number;
    return errno === 0 ? this.u32(out) : -errno;
  }

  address(bytes: Uint8Array): number {
    const at = this.room(8);
    this.view.setUint32(at, this.put(bytes), true);
    this.view.setUint32(at + 4, bytes.length, true);
    return at;
  }

  /** WasmEdge's 128 bytes. */
  storage(family: number, bytes: Uint8Array): number {
    const whole = new Uint8Array(128);
    whole[0] = family;
    whole.set(bytes, 2);
    return this.address(whole);
  }

  port(fd: number, ip: Uint8Array): number {
    const out = this.room(8);
    assert.is(this.call.sock_getlocaladdr?.(fd, this.address(ip), out, out + 4), 0);
    return this.u32(out + 4);
  }

  listener(ip = LOOPBACK4): { fd: number; port: number } {
    const fd = this.socket(ip.length === 4 ? FAMILY.inet4 : FAMILY.inet6, SOCKET_TYPE.stream);
    assert.is(this.call.sock_bind?.(fd, this.address(ip), 0), 0);
    assert.is(this.call.sock_listen?.(fd, 4), 0);
    return { fd, port: this.port(fd, ip) };
  }

  /** Two ends of a TCP connection. */
  pair(): [client: number, server: number] {
    const listener = this.listener();
    const client = this.socket(FAMILY.inet4, SOCKET_TYPE.stream);
    assert.is(this.call.sock_connect?.(client, this.address(LOOPBACK4), listener.port), 0);
    const out = this.room(4);
    assert.is(this.call.sock_accept?.(listener.fd, out), 0);
    return [client, this.u32(out)];
  }

  hostOf(fd: number): number {
    return this.host.table.get(fd)?.host as number;
  }
}
