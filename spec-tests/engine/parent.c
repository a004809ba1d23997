// Runs the Wasm engine without a container: it plays init and its helper, as far as the engine sees them.
//
// parent [--hold] ADDON MODULE REQUEST SOCKET ENGINE [ARG...]
//   ADDON, MODULE  files, opened for the engine
//   REQUEST        a file with the request's JSON; by way of a memfd where it is long
//   SOCKET         where `start` is listened for
//   ENGINE ARG...  the command, with this program's environment
// Prints "created" when the engine says that it is set up; then starts it, unless told to hold. A failure that
// the engine tells is printed as "create failed: ..." or "start failed: ...". SIGTERM, SIGINT and SIGHUP go to
// the engine, which is the first process of a pid namespace where that can be. Exits as the engine does.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PACKET_MAX = 100 * 1024 };

static pid_t engine;

static void forward(int signal) { kill(engine, signal); }

static int checked(int result, const char *what) {
  if (result >= 0) return result;
  perror(what);
  exit(125);
}

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = checked(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  checked(bind(fd, (struct sockaddr *)&address, sizeof address), path);
  checked(listen(fd, 1), "listen");
  return fd;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = checked(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  checked(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  return fd;
}

static void send_request(int control, const char *path, int module, int start) {
  static char packet[1 << 24];
  int file = checked(open(path, O_RDONLY | O_CLOEXEC), path);
  ssize_t length = read(file, packet + 1, sizeof packet - 1);
  int fds[3] = {module, start, -1};
  int count = 2;
  packet[0] = 'Q';
  if (length > PACKET_MAX) {
    fds[count++] = checked(memfd_create("request", MFD_CLOEXEC), "memfd_create");
    if (write(fds[2], packet + 1, (size_t)length) != length) exit(125);
    length = 0;
  }
  char space[CMSG_SPACE(sizeof fds)] = {0};
  struct iovec data = {packet, (size_t)length + 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space};
  message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
  memcpy(CMSG_DATA(rights), fds, (size_t)count * sizeof(int));
  checked((int)sendmsg(control, &message, 0), "sendmsg");
}

// Whether the engine is set up.
static bool help(int control) {
  char packet[4096];
  for (;;) {
    ssize_t length = recv(control, packet, sizeof packet - 1, 0);
    if (length <= 0) return false;
    packet[length] = '\0';
    if (packet[0] == 'R') checked((int)send(control, "P", 1, MSG_NOSIGNAL), "send");
    if (packet[0] == 'E') {
      fprintf(stderr, "create failed: %s\n", packet + 1);
      // The engine ends when its text has been taken.
      shutdown(control, SHUT_RDWR);
      return false;
    }
    if (packet[0] == 'D') return true;
  }
}

static void start(const char *path) {
  char packet[4096];
  int connection = connect_to(path);
  ssize_t length = recv(connection, packet, sizeof packet - 1, 0);
  close(connection);
  if (length <= 0) return;
  packet[length] = '\0';
  fprintf(stderr, "start failed: %s\n", packet + 1);
}

int main(int argc, char **argv) {
  bool hold = argc > 1 && strcmp(argv[1], "--hold") == 0;
  argv += hold;
  if (argc - hold < 6) return 125;
  int addon = checked(open(argv[1], O_RDONLY), argv[1]);
  int module = checked(open(argv[2], O_RDONLY | O_CLOEXEC), argv[2]);
  int listening = listen_at(argv[4]);
  int pair[2];
  checked(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
  send_request(pair[1], argv[3], module, listening);

  (void)!unshare(CLONE_NEWPID);
  engine = checked(fork(), "fork");
  if (engine == 0) {
    char number[16];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fcntl(pair[0], F_SETFD, 0);
    snprintf(number, sizeof number, "%d", pair[0]);
    setenv("OCIRT_WASM_ENGINE", number, 1);
    snprintf(number, sizeof number, "%d", addon);
    setenv("OCIRT_ADDON_FD", number, 1);
    execvp(argv[5], argv + 5);
    _exit(127);
  }
  for (int i = 0; i < 3; i++) signal((int[]){SIGTERM, SIGINT, SIGHUP}[i], forward);
  close(pair[0]);
  close(module);
  close(listening);

  if (help(pair[1])) {
    close(pair[1]);
    printf("created\n");
    fflush(stdout);
    if (!hold) start(argv[4]);
  }
  int status = 0;
  while (waitpid(engine, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
