// The socket functions of WasmEdge's extension to WASI preview1, as a guest imports them.
#pragma once
#include <stdint.h>

#define WASI_IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

enum { FAMILY_INET4 = 1, FAMILY_INET6 = 2 };
enum { SOCKET_DATAGRAM = 1, SOCKET_STREAM = 2 };
enum { OPTION_REUSEADDR = 0, OPTION_TYPE = 1, OPTION_ERROR = 2 };
enum { FDFLAG_NONBLOCK = 4 };
enum { ERRNO_SUCCESS = 0, ERRNO_AGAIN = 6, ERRNO_INPROGRESS = 26 };

// An address: 4 bytes of IPv4, 16 of IPv6, or 128 of a storage that begins with its family.
struct address {
  uint8_t *bytes;
  uint32_t length;
};

struct buffer {
  const void *bytes;
  uint32_t length;
};

WASI_IMPORT("sock_open") uint32_t sock_open(uint32_t family, uint32_t type, uint32_t *fd);
WASI_IMPORT("sock_bind") uint32_t sock_bind(uint32_t fd, const struct address *address, uint32_t port);
WASI_IMPORT("sock_listen") uint32_t sock_listen(uint32_t fd, uint32_t backlog);
WASI_IMPORT("sock_connect") uint32_t sock_connect(uint32_t fd, const struct address *address, uint32_t port);
WASI_IMPORT("sock_accept") uint32_t sock_accept_v1(uint32_t fd, uint32_t *accepted);
WASI_IMPORT("sock_accept") uint32_t sock_accept_flags(uint32_t fd, uint32_t fdflags, uint32_t *accepted);
WASI_IMPORT("sock_recv")
uint32_t sock_recv(uint32_t fd, const struct buffer *buffers, uint32_t count, uint32_t flags, uint32_t *received,
                   uint32_t *roflags);
WASI_IMPORT("sock_send")
uint32_t sock_send(uint32_t fd, const struct buffer *buffers, uint32_t count, uint32_t flags, uint32_t *sent);
WASI_IMPORT("sock_recv_from")
uint32_t sock_recv_from_v1(uint32_t fd, const struct buffer *buffers, uint32_t count, struct address *from,
                           uint32_t flags, uint32_t *received, uint32_t *roflags);
WASI_IMPORT("sock_recv_from")
uint32_t sock_recv_from_v2(uint32_t fd, const struct buffer *buffers, uint32_t count, struct address *from,
                           uint32_t flags, uint32_t *port, uint32_t *received, uint32_t *roflags);
WASI_IMPORT("sock_send_to")
uint32_t sock_send_to(uint32_t fd, const struct buffer *buffers, uint32_t count, const struct address *to, uint32_t port,
                      uint32_t flags, uint32_t *sent);
WASI_IMPORT("sock_setsockopt")
uint32_t sock_setsockopt(uint32_t fd, uint32_t level, uint32_t option, const void *value, uint32_t size);
WASI_IMPORT("sock_getsockopt")
uint32_t sock_getsockopt(uint32_t fd, uint32_t level, uint32_t option, void *value, uint32_t *size);
WASI_IMPORT("sock_getlocaladdr")
uint32_t sock_getlocaladdr_v1(uint32_t fd, struct address *address, uint32_t *type, uint32_t *port);
WASI_IMPORT("sock_getlocaladdr") uint32_t sock_getlocaladdr_v2(uint32_t fd, struct address *address, uint32_t *port);
WASI_IMPORT("sock_getpeeraddr")
uint32_t sock_getpeeraddr_v1(uint32_t fd, struct address *address, uint32_t *type, uint32_t *port);
WASI_IMPORT("sock_shutdown") uint32_t sock_shutdown_raw(uint32_t fd, uint32_t how);
