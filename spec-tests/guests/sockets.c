// Talks to itself on loopback: TCP and UDP, IPv4 and IPv6, both versions of WasmEdge's calls.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "wasmedge.h"

#define CHECK(expression, expected)                                                      \
  do {                                                                                   \
    uint32_t got = (expression);                                                         \
    if (got != (expected)) {                                                             \
      fprintf(stderr, "line %d: %s is %u, not %u\n", __LINE__, #expression, got, expected); \
      exit(1);                                                                           \
    }                                                                                    \
  } while (0)

static uint8_t loopback4[4] = {127, 0, 0, 1};
static uint8_t loopback6[16] = {[15] = 1};

static uint32_t local_port(uint32_t fd, uint32_t bytes) {
  uint8_t ip[16] = {0};
  struct address address = {ip, bytes};
  uint32_t type = 0, port = 0;
  CHECK(sock_getlocaladdr_v1(fd, &address, &type, &port), ERRNO_SUCCESS);
  CHECK(type, bytes == 4 ? 4u : 6u);
  return port;
}

static void tcp(uint32_t family, uint8_t *ip, uint32_t bytes) {
  struct address loopback = {ip, bytes};
  uint32_t listening = 0, client = 0, server = 0, moved = 0, flags = 0;
  CHECK(sock_open(family, SOCKET_STREAM, &listening), ERRNO_SUCCESS);
  CHECK(sock_bind(listening, &loopback, 0), ERRNO_SUCCESS);
  CHECK(sock_listen(listening, 4), ERRNO_SUCCESS);
  uint32_t port = local_port(listening, bytes);

  CHECK(sock_open(family, SOCKET_STREAM, &client), ERRNO_SUCCESS);
  CHECK(sock_connect(client, &loopback, port), ERRNO_SUCCESS);
  CHECK(sock_accept_v1(listening, &server), ERRNO_SUCCESS);

  char text[16] = "";
  struct buffer out[2] = {{"pi", 2}, {"ng", 2}}, in = {text, sizeof text};
  CHECK(sock_send(client, out, 2, 0, &moved), ERRNO_SUCCESS);
  CHECK(moved, 4u);
  CHECK(sock_recv(server, &in, 1, 1, &moved, &flags), ERRNO_SUCCESS);
  CHECK(moved, 4u);
  CHECK(sock_recv(server, &in, 1, 0, &moved, &flags), ERRNO_SUCCESS);
  CHECK((uint32_t)memcmp(text, "ping", 4), 0u);

  uint8_t peer[16] = {0};
  struct address from = {peer, bytes};
  uint32_t type = 0, from_port = 0;
  CHECK(sock_getpeeraddr_v1(server, &from, &type, &from_port), ERRNO_SUCCESS);
  CHECK((uint32_t)memcmp(peer, ip, bytes), 0u);
  CHECK(from_port, local_port(client, bytes));
  uint8_t storage[128] = {0};
  struct address wide = {storage, sizeof storage};
  CHECK(sock_getlocaladdr_v2(server, &wide, &from_port), ERRNO_SUCCESS);
  CHECK(from_port, port);
  CHECK(storage[0], family);
  CHECK((uint32_t)memcmp(storage + 2, ip, bytes), 0u);

  uint32_t value = 9, size = sizeof value;
  CHECK(sock_getsockopt(server, 0, OPTION_TYPE, &value, &size), ERRNO_SUCCESS);
  CHECK(value, (uint32_t)SOCKET_STREAM);
  CHECK(sock_getsockopt(server, 0, OPTION_ERROR, &value, &size), ERRNO_SUCCESS);
  CHECK(value, 0u);

  CHECK(sock_shutdown_raw(client, 2), ERRNO_SUCCESS);
  CHECK(sock_send(client, out, 1, 0, &moved), (uint32_t)__WASI_ERRNO_PIPE);
  CHECK(sock_recv(server, &in, 1, 0, &moved, &flags), ERRNO_SUCCESS);
  CHECK(moved, 0u);
  CHECK(__wasi_fd_fdstat_set_flags((__wasi_fd_t)listening, FDFLAG_NONBLOCK), ERRNO_SUCCESS);
  CHECK(sock_accept_flags(listening, FDFLAG_NONBLOCK, &server), (uint32_t)ERRNO_AGAIN);
}

static void udp(uint32_t family, uint8_t *ip, uint32_t bytes) {
  struct address loopback = {ip, bytes};
  uint32_t left = 0, right = 0, moved = 0, flags = 0, port = 0;
  CHECK(sock_open(family, SOCKET_DATAGRAM, &left), ERRNO_SUCCESS);
  CHECK(sock_open(family, SOCKET_DATAGRAM, &right), ERRNO_SUCCESS);
  CHECK(sock_bind(left, &loopback, 0), ERRNO_SUCCESS);
  CHECK(sock_bind(right, &loopback, 0), ERRNO_SUCCESS);

  char text[4] = "";
  struct buffer out = {"datagram", 8}, in = {text, sizeof text};
  uint8_t peer[128] = {0};
  struct address from = {peer, bytes}, wide = {peer, sizeof peer};
  CHECK(sock_send_to(left, &out, 1, &loopback, local_port(right, bytes), 0, &moved), ERRNO_SUCCESS);
  CHECK(moved, 8u);
  CHECK(sock_recv_from_v1(right, &in, 1, &from, 0, &moved, &flags), ERRNO_SUCCESS);
  CHECK(moved, 4u);
  CHECK(flags, 1u);
  CHECK((uint32_t)memcmp(peer, ip, bytes), 0u);
  CHECK(sock_send_to(left, &out, 1, &loopback, local_port(right, bytes), 0, &moved), ERRNO_SUCCESS);
  CHECK(sock_recv_from_v2(right, &in, 1, &wide, 0, &port, &moved, &flags), ERRNO_SUCCESS);
  CHECK(port, local_port(left, bytes));
  CHECK(peer[0], family);
}

int main(void) {
  tcp(FAMILY_INET4, loopback4, sizeof loopback4);
  tcp(FAMILY_INET6, loopback6, sizeof loopback6);
  udp(FAMILY_INET4, loopback4, sizeof loopback4);
  udp(FAMILY_INET6, loopback6, sizeof loopback6);
  puts("sockets ok");
  return 0;
}
