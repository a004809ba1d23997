// An HTTP/1.1 server over WasmEdge's sockets: one thread, non-blocking, poll_oneoff.
// Usage: http-server.wasm [port]. GET / answers 200; the port is 8080 unless told.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wasi/api.h>

#include "wasmedge.h"

#define BODY "Hello from WebAssembly in a container.\n"
#define NOT_FOUND "Not found.\n"
#define NOT_ALLOWED "Only GET and HEAD.\n"

enum { MOST_CONNECTIONS = 1000, REQUEST_MAX = 8192, ANSWER_MAX = 16384, BACKLOG = 1024 };

struct connection {
  uint32_t fd;
  bool open, closing;
  uint32_t have;           // bytes of requests not answered yet
  uint32_t skip;           // bytes of a request's body still to come
  uint32_t pending, sent;  // the answers' bytes, and how many of them are out
  char request[REQUEST_MAX];
  char answer[ANSWER_MAX];
};

static struct connection connections[MOST_CONNECTIONS];
static uint32_t opened;

static void check(const char *what, uint32_t error) {
  if (error == ERRNO_SUCCESS) return;
  fprintf(stderr, "%s: WASI errno %u\n", what, error);
  exit(1);
}

static uint32_t listener(uint32_t port) {
  uint8_t any[4] = {0, 0, 0, 0};
  struct address address = {any, sizeof any};
  uint32_t fd = 0, on = 1;
  check("open a socket", sock_open(FAMILY_INET4, SOCKET_STREAM, &fd));
  check("reuse the address", sock_setsockopt(fd, 0, OPTION_REUSEADDR, &on, sizeof on));
  check("bind the port", sock_bind(fd, &address, port));
  check("listen", sock_listen(fd, BACKLOG));
  check("stop blocking", __wasi_fd_fdstat_set_flags((__wasi_fd_t)fd, FDFLAG_NONBLOCK));
  return fd;
}

static void end(struct connection *connection) {
  (void)!__wasi_fd_close((__wasi_fd_t)connection->fd);
  connection->open = false;
  opened--;
}

static void accept_all(uint32_t listening) {
  for (uint32_t i = 0; i < MOST_CONNECTIONS && opened < MOST_CONNECTIONS; i++) {
    struct connection *connection = &connections[i];
    if (connection->open) continue;
    if (sock_accept_flags(listening, FDFLAG_NONBLOCK, &connection->fd) != ERRNO_SUCCESS) return;
    connection->open = true;
    connection->closing = false;
    connection->have = connection->skip = connection->pending = connection->sent = 0;
    opened++;
  }
}

// The value of a header of the request, or null. The head ends in an empty line and a NUL.
static const char *header(const char *head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
    const char *at = line + 2;
    if (strncasecmp(at, name, length) != 0 || at[length] != ':') continue;
    at += length + 1;
    return at + strspn(at, " \t");
  }
  return NULL;
}

static void answer(struct connection *connection, const char *head) {
  bool get = strncmp(head, "GET ", 4) == 0, only_head = strncmp(head, "HEAD ", 5) == 0;
  const char *path = head + (only_head ? 5 : 4);
  const char *status = "200 OK", *body = BODY;
  if (!get && !only_head) status = "405 Method Not Allowed", body = NOT_ALLOWED;
  else if (strncmp(path, "/ ", 2) != 0 && strncmp(path, "/?", 2) != 0) status = "404 Not Found", body = NOT_FOUND;

  const char *wish = header(head, "connection"), *length = header(head, "content-length");
  bool old = strstr(head, " HTTP/1.0\r\n") != NULL;
  bool keep = wish == NULL ? !old : strncasecmp(wish, old ? "keep-alive" : "close", old ? 10 : 5) == 0 ? old : !old;
  connection->skip = length == NULL ? 0 : (uint32_t)strtoul(length, NULL, 10);
  connection->closing = !keep;
  connection->pending += (uint32_t)snprintf(
      connection->answer + connection->pending, ANSWER_MAX - connection->pending,
      "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n%s", status,
      strlen(body), keep ? "keep-alive" : "close", only_head ? "" : body);
}

static void consume(struct connection *connection, uint32_t length) {
  connection->have -= length;
  memmove(connection->request, connection->request + length, connection->have);
}

// Answers every request that is complete; a client may send the next before it has the answer.
static void answer_all(struct connection *connection) {
  while (!connection->closing && ANSWER_MAX - connection->pending >= 512) {
    uint32_t body = connection->skip < connection->have ? connection->skip : connection->have;
    connection->skip -= body;
    consume(connection, body);
    connection->request[connection->have] = '\0';
    char *end_of_head = strstr(connection->request, "\r\n\r\n");
    if (end_of_head == NULL) return;
    end_of_head[2] = '\0';
    answer(connection, connection->request);
    consume(connection, (uint32_t)(end_of_head + 4 - connection->request));
  }
}

// False when the connection is over.
static bool flush_answers(struct connection *connection) {
  while (connection->sent < connection->pending) {
    struct buffer rest = {connection->answer + connection->sent, connection->pending - connection->sent};
    uint32_t sent = 0;
    uint32_t error = sock_send(connection->fd, &rest, 1, 0, &sent);
    if (error == ERRNO_AGAIN) return true;
    if (error != ERRNO_SUCCESS) return false;
    connection->sent += sent;
  }
  connection->pending = connection->sent = 0;
  return !connection->closing;
}

// Answers and sends until a client is to be waited for; false when the connection is over.
static bool proceed(struct connection *connection) {
  for (;;) {
    uint32_t before = connection->have;
    answer_all(connection);
    if (!flush_answers(connection)) return false;
    if (connection->pending > 0) return true;
    // A head that fills the buffer is no request of this server's.
    if (connection->have == before) return before < REQUEST_MAX - 1;
  }
}

static void serve(struct connection *connection) {
  uint32_t room = REQUEST_MAX - 1 - connection->have, received = 0, flags = 0;
  struct buffer space = {connection->request + connection->have, room};
  uint32_t error = sock_recv(connection->fd, &space, 1, 0, &received, &flags);
  if (error == ERRNO_AGAIN) return;
  connection->have += received;
  if (error != ERRNO_SUCCESS || received == 0 || !proceed(connection)) end(connection);
}

static void subscribe(__wasi_subscription_t *subscription, uint64_t user, uint32_t fd, bool writing) {
  memset(subscription, 0, sizeof *subscription);
  subscription->userdata = user;
  subscription->u.tag = writing ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ;
  subscription->u.u.fd_read.file_descriptor = (__wasi_fd_t)fd;
}

int main(int argc, char **argv) {
  static __wasi_subscription_t subscriptions[MOST_CONNECTIONS + 1];
  static __wasi_event_t events[MOST_CONNECTIONS + 1];
  uint32_t port = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 8080;
  uint32_t listening = listener(port);
  printf("listening on port %u\n", port);
  fflush(stdout);
  for (;;) {
    size_t count = 0, ready = 0;
    // With no room for more, new connections wait in the kernel.
    if (opened < MOST_CONNECTIONS) subscribe(&subscriptions[count++], MOST_CONNECTIONS, listening, false);
    for (uint32_t i = 0, left = opened; left > 0; i++) {
      if (!connections[i].open) continue;
      subscribe(&subscriptions[count++], i, connections[i].fd, connections[i].pending > 0);
      left--;
    }
    check("poll", __wasi_poll_oneoff(subscriptions, events, count, &ready));
    for (size_t i = 0; i < ready; i++) {
      if (events[i].userdata == MOST_CONNECTIONS) {
        accept_all(listening);
        continue;
      }
      struct connection *connection = &connections[events[i].userdata];
      if (connection->pending == 0) serve(connection);
      // What came while answers were waiting is in the buffer, and no event will tell of it.
      else if (!flush_answers(connection) || (connection->pending == 0 && !proceed(connection))) end(connection);
    }
  }
}
