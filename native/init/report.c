#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"

struct init_state init = {.sync = -1, .start = -1, .root = -1, .proc = -1, .console = -1, .control = -1,
                          .helper_side = -1, .executable = -1};

static char detail[512];

int fail(int error, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(detail, sizeof(detail), format, list);
  va_end(list);
  return error;
}

int send_packet(int fd, char kind, const void *data, uint32_t length) {
  return send_with_descriptors(fd, kind, data, length, NULL, 0);
}

int send_with_descriptors(int fd, char kind, const void *data, uint32_t length, const int *fds, int count) {
  struct iovec parts[2] = {{&kind, 1}, {(void *)data, length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};
  union {
    char bytes[CMSG_SPACE(sizeof(int) * 4)];
    struct cmsghdr align;
  } control;
  if (count > 0) {
    memset(&control, 0, sizeof(control));
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
  }
  ssize_t sent;
  do sent = sendmsg(fd, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

int report(char kind, const void *data, uint32_t length) {
  return init.sync < 0 ? 0 : send_packet(init.sync, kind, data, length);
}

int report_descriptor(char kind, int fd) { return send_with_descriptors(init.sync, kind, NULL, 0, &fd, 1); }

void warn(const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  if (length > (int)sizeof(text) - 1) length = sizeof(text) - 1;
  report('W', text, (uint32_t)length);
}

// "F", the step's index, errno, detail: to `start` where it is connected, else to the host's create or run.
void report_failure(int error) {
  struct {
    uint32_t step;
    int32_t error;
    char text[sizeof(detail)];
  } packet = {.step = init.step, .error = error};
  size_t length = strlen(detail);
  memcpy(packet.text, detail, length);
  int to = init.start >= 0 ? init.start : init.sync;
  uint32_t size = (uint32_t)(2 * sizeof(uint32_t) + length);
  if (to < 0) return;
  // A creation that fails leaves nothing that could be asked for them.
  if (init.start >= 0) send_durations(to, 'D');
  if (!init.explain || init.root < 0) {
    send_packet(to, 'F', &packet, size);
    return;
  }
  send_with_descriptors(to, 'F', &packet, size, &init.root, 1);
  // The container's mounts last as long as its last process: until the host has looked and closes its end.
  receive_kind(to, NULL, 0);
}

// Tells who waits for it once that nothing but the filter and execve is left: a filter may forbid to tell it later.
void announce_execution(void) {
  static bool announced;
  int to = init.start >= 0 ? init.start : init.sync;
  if (to >= 0 && !announced) send_durations(to, 'X');
  announced = true;
}

// Receives one packet: its kind (0 at the end, -errno on failure), the rest as text.
int receive_kind(int fd, char *text, int size) {
  char kind = 0;
  char nothing[1];
  struct iovec parts[2] = {{&kind, 1}, {text != NULL ? text : nothing, text != NULL ? (size_t)(size - 1) : 1}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t got;
  do got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  if (text != NULL) text[got > 0 ? got - 1 : 0] = 0;
  return got == 0 ? 0 : kind;
}

// A "G" that came while init waited for something else.
static bool early_go;

// Receives a packet with one descriptor; -errno, also that of the sender ("N" and its errno).
int receive_descriptor(int fd) {
  char kind = 0;
  int32_t error = EPROTO;
  struct iovec parts[2] = {{&kind, 1}, {&error, sizeof(error)}};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control.bytes,
                           .msg_controllen = sizeof(control.bytes)};
  ssize_t got;
  do {
    message.msg_controllen = sizeof(control.bytes);
    got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    // The host may have told already that it is done with its own part.
    if (got > 0 && kind == 'G') early_go = true;
  } while ((got < 0 && errno == EINTR) || (got > 0 && kind == 'G'));
  if (got < 0) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
    return error > 0 ? -error : -EPROTO;
  int received;
  memcpy(&received, CMSG_DATA(header), sizeof(received));
  return received;
}

// Waits for the host's "G" (go), which tells init's pid as the host sees it. A host that is gone ends init.
int wait_host(void) {
  if (early_go) {
    early_go = false;
    return 0;
  }
  char text[16];
  int kind = receive_kind(init.sync, text, sizeof(text));
  if (kind < 0) return kind;
  if (kind != 'G') _exit(1);
  memcpy(&init.host_pid, text, sizeof(init.host_pid));
  return 0;
}
