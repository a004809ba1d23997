// Runs on the host beside the runtime: the parts of a caller that a shell can't play.
//   outside pty ROWS COLUMNS COMMAND...   runs a command on a new terminal, its controlling one
//   outside console SOCKET                receives a terminal over a socket and relays it
//   outside pidfd SOCKET                  receives a pidfd over a socket and tells whose it is
//   outside manager SOCKET                prints what services say to a service manager's socket, for ever
//   outside old-setns COMMAND...          runs a command on a kernel whose setns(2) takes one namespace at a time
//   outside full COMMAND...               runs a command whose stdout is a full pipe that nobody reads
//   outside dispositions COMMAND...       runs a command with signals ignored and blocked
//   outside exchange PATH PATH...         makes each pair of names change places, for ever
//   outside device-programs               prints the ids of the kernel's programs that filter devices
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void Die(const char *what) {
  perror(what);
  exit(99);
}

// Copies stdin to the terminal and the terminal to stdout until the terminal's other side is closed.
static void Relay(int terminal) {
  struct pollfd fds[2] = {{.fd = terminal, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  char buffer[4096];
  for (;;) {
    if (poll(fds, 2, -1) < 0) Die("poll");
    if (fds[1].revents != 0) {
      ssize_t n = read(0, buffer, sizeof buffer);
      if (n <= 0)
        fds[1].fd = -1;
      else if (write(terminal, buffer, n) != n)
        Die("write to the terminal");
    }
    if (fds[0].revents != 0) {
      ssize_t n = read(terminal, buffer, sizeof buffer);
      if (n <= 0) return;
      if (write(1, buffer, n) != n) Die("write");
    }
  }
}

static int Pty(char **argv) {
  struct winsize size = {.ws_row = atoi(argv[0]), .ws_col = atoi(argv[1])};
  int terminal;
  pid_t child = forkpty(&terminal, NULL, NULL, &size);
  if (child < 0) Die("forkpty");
  if (child == 0) {
    execvp(argv[2], argv + 2);
    Die(argv[2]);
  }
  Relay(terminal);
  int status;
  if (waitpid(child, &status, 0) < 0) Die("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The descriptor that the first connection to a socket brings, and the text with it.
static int Receive(const char *path, char *text, size_t size, ssize_t *length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0) Die(path);
  int connection = accept(listener, NULL, NULL);
  if (connection < 0) Die("accept");
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec part = {.iov_base = text, .iov_len = size};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *length = recvmsg(connection, &message, 0);
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  if (*length < 0 || rights == NULL || rights->cmsg_type != SCM_RIGHTS) Die("no descriptor received");
  int fd;
  memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  return fd;
}

static int Console(const char *path) {
  char name[256];
  ssize_t length;
  int terminal = Receive(path, name, sizeof name, &length);
  printf("terminal %d name-length %d\n", isatty(terminal), length > 0);
  fflush(stdout);
  Relay(terminal);
  return 0;
}

static int Pidfd(const char *path) {
  char text[256], line[256];
  ssize_t length;
  int pidfd = Receive(path, text, sizeof text, &length);
  snprintf(line, sizeof line, "/proc/self/fdinfo/%d", pidfd);
  FILE *info = fopen(line, "r");
  if (info == NULL) Die(line);
  int pid = 0;
  while (fgets(line, sizeof line, info) != NULL && sscanf(line, "Pid: %d", &pid) != 1) {
  }
  printf("%.*s pidfd of %d\n", (int)length, text, pid);
  return 0;
}

// Whoever sends a descriptor waits until it is closed here.
static void Manager(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) Die(path);
  for (;;) {
    char text[4096], control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {.iov_base = text, .iov_len = sizeof text};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, 0);
    if (length < 0) Die("recvmsg");
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    int given = -1;
    if (rights != NULL) memcpy(&given, CMSG_DATA(rights), sizeof given);
    printf("<%.*s>%s\n", (int)length, text, given >= 0 ? " with a descriptor" : "");
    fflush(stdout);
    if (given >= 0) close(given);
  }
}

// linux/filter.h
struct instruction {
  uint16_t code;
  uint8_t if_true, if_false;
  uint32_t operand;
};
enum { kLoad = 0x20, kIfEqual = 0x15, kToX = 0x07, kSubtract = 0x14, kAndX = 0x5c, kReturn = 0x06 };

// Before Linux 5.8 only one namespace's type could be named: a filter refuses several.
static int OldSetns(char **argv) {
  // Offsets in struct seccomp_data: of the call's number, and of the low half of its second argument.
  enum { kNumber = 0, kFlags = 24, kAllow = 0x7fff0000, kErrno = 0x00050000, kSetFilter = 1 };
  struct instruction code[] = {
      {kLoad, 0, 0, kNumber},  {kIfEqual, 0, 5, SYS_setns}, {kLoad, 0, 0, kFlags},
      {kToX, 0, 0, 0},         {kSubtract, 0, 0, 1},        {kAndX, 0, 0, 0},
      {kIfEqual, 0, 1, 0},     {kReturn, 0, 0, kAllow},     {kReturn, 0, 0, kErrno | EINVAL},
  };
  struct {
    uint16_t length;
    struct instruction *code;
  } program = {sizeof code / sizeof *code, code};
  if (syscall(SYS_seccomp, kSetFilter, 0, &program) < 0) Die("seccomp");
  execvp(argv[0], argv);
  Die(argv[0]);
  return 99;
}

static int Full(char **argv) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK) < 0) Die("pipe2");
  char bytes[4096] = {0};
  while (write(ends[1], bytes, sizeof bytes) > 0) {
  }
  pid_t child = fork();
  if (child < 0) Die("fork");
  if (child == 0) {
    dup2(ends[1], 1);
    execvp(argv[0], argv);
    Die(argv[0]);
  }
  int status;
  if (waitpid(child, &status, 0) < 0) Die("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int Dispositions(char **argv) {
  sigset_t blocked;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  execvp(argv[0], argv);
  Die(argv[0]);
  return 99;
}

static int Exchange(int count, char **paths) {
  enum { kExchange = 2 };
  printf("ready\n");
  fflush(stdout);
  for (;;)
    for (int i = 0; i + 1 < count; i += 2)
      if (syscall(SYS_renameat2, AT_FDCWD, paths[i], AT_FDCWD, paths[i + 1], kExchange) < 0) return 1;
}

// bpf(2). musl comes without the kernel's headers.
static int DevicePrograms(void) {
  enum { kNextId = 11, kFdById = 13, kInfoByFd = 15, kCgroupDevice = 15 };
  uint32_t id = 0;
  for (;;) {
    struct {
      uint32_t start, next, flags;
    } walk = {.start = id};
    if (syscall(SYS_bpf, kNextId, &walk, sizeof walk) < 0) {
      if (errno != ENOENT) Die("bpf");
      return 0;
    }
    id = walk.next;
    struct {
      uint32_t id, next, flags;
    } which = {.id = id};
    int fd = syscall(SYS_bpf, kFdById, &which, sizeof which);
    // It is gone meanwhile.
    if (fd < 0) continue;
    struct {
      uint32_t type, id;
    } info = {0};
    struct {
      uint32_t fd, size;
      uint64_t info;
    } ask = {.fd = fd, .size = sizeof info, .info = (uintptr_t)&info};
    if (syscall(SYS_bpf, kInfoByFd, &ask, sizeof ask) < 0) Die("bpf");
    if (info.type == kCgroupDevice) printf("%u\n", id);
    close(fd);
  }
}

int main(int argc, char **argv) {
  if (argc > 4 && strcmp(argv[1], "pty") == 0) return Pty(argv + 2);
  if (argc == 3 && strcmp(argv[1], "console") == 0) return Console(argv[2]);
  if (argc == 3 && strcmp(argv[1], "pidfd") == 0) return Pidfd(argv[2]);
  if (argc == 3 && strcmp(argv[1], "manager") == 0) Manager(argv[2]);
  if (argc > 2 && strcmp(argv[1], "old-setns") == 0) return OldSetns(argv + 2);
  if (argc > 2 && strcmp(argv[1], "full") == 0) return Full(argv + 2);
  if (argc > 2 && strcmp(argv[1], "dispositions") == 0) return Dispositions(argv + 2);
  if (argc > 3 && strcmp(argv[1], "exchange") == 0) return Exchange(argc - 2, argv + 2);
  if (argc == 2 && strcmp(argv[1], "device-programs") == 0) return DevicePrograms();
  fprintf(stderr, "usage: outside pty|console|pidfd|manager|old-setns|full|dispositions|exchange|device-programs ...\n");
  return 99;
}
