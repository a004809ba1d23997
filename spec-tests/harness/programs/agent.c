// Gets a descriptor over a socket; prints "ready" and the message that came with it.
//   agent SOCKET NUMBER VALUE   a seccomp agent: the call NUMBER returns VALUE, every other one goes on; prints
//                               "answered N" for the call
//   agent SOCKET pidfd          prints the pid that the descriptor is of
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// linux/seccomp.h
struct seccomp_notif {
  uint64_t id;
  uint32_t pid, flags;
  struct {
    int32_t nr;
    uint32_t arch;
    uint64_t instruction_pointer, args[6];
  } data;
};
struct seccomp_notif_resp {
  uint64_t id;
  int64_t val;
  int32_t error;
  uint32_t flags;
};
#define NOTIF_RECV _IOWR('!', 0, struct seccomp_notif)
#define NOTIF_SEND _IOWR('!', 1, struct seccomp_notif_resp)

static void Die(const char *what) {
  perror(what);
  exit(99);
}

static int Listener(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 1) < 0) Die(path);
  puts("ready");
  int connection = accept(server, NULL, NULL);
  if (connection < 0) Die("accept");
  static char text[1 << 16];
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec part = {.iov_base = text, .iov_len = sizeof text - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(connection, &message, 0) <= 0) Die("recvmsg");
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  if (rights == NULL || rights->cmsg_type != SCM_RIGHTS) Die("no descriptor received");
  int listener;
  memcpy(&listener, CMSG_DATA(rights), sizeof listener);
  puts(text);
  return listener;
}

static int PrintPid(int pidfd) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
  FILE *file = fopen(path, "r");
  if (file == NULL) Die(path);
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "Pid:", 4) == 0) fputs(line, stdout);
  return 0;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc == 3 && strcmp(argv[2], "pidfd") == 0) return PrintPid(Listener(argv[1]));
  if (argc != 4) return 99;
  int listener = Listener(argv[1]);
  for (;;) {
    struct seccomp_notif call = {0};
    struct seccomp_notif_resp answer = {0};
    if (ioctl(listener, NOTIF_RECV, &call) < 0) {
      if (errno == EINTR || errno == ENOENT) continue;
      Die("receive");
    }
    answer.id = call.id;
    if (call.data.nr == atoi(argv[2])) {
      answer.val = atoi(argv[3]);
      printf("answered %d\n", call.data.nr);
    } else {
      answer.flags = 1;  // SECCOMP_USER_NOTIF_FLAG_CONTINUE
    }
    if (ioctl(listener, NOTIF_SEND, &answer) < 0 && errno != ENOENT) Die("answer");
  }
}
