// Runs inside a container and prints what busybox can't show. One word of argv selects what.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

static int Fail(const char *what) {
  printf("%s: %s\n", what, strerror(errno));
  return 1;
}

// "3 /etc/passwd" for each descriptor from 3 on.
static int Fds(void) {
  for (int fd = 3; fd < 4096; fd++) {
    if (fcntl(fd, F_GETFD) < 0) continue;
    char name[32], target[PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    printf("%d %s\n", fd, target);
  }
  return 0;
}

// The session keyring's serial and description.
static int Keyring(void) {
  enum { kGetKeyringId = 0, kDescribe = 6, kSessionKeyring = -3 };
  char description[256] = "";
  long id = syscall(SYS_keyctl, kGetKeyringId, kSessionKeyring, 0);
  if (id < 0) return Fail("keyctl get");
  if (syscall(SYS_keyctl, kDescribe, id, description, sizeof description) < 0) return Fail("keyctl describe");
  printf("%ld %s\n", id, description);
  return 0;
}

// Blocks all signals, says so, and names each that comes until `count` have come.
static int Catch(int count) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  printf("ready\n");
  fflush(stdout);
  while (count-- > 0) {
    int number = sigwaitinfo(&all, NULL);
    // Go's scheduler interrupts its threads with it, and a runtime in Go may pass it on.
    if (number == SIGURG && count++ >= 0) continue;
    printf("signal %d\n", number);
    fflush(stdout);
  }
  return 0;
}

// A system call by number: "ok N" or the error's text.
static int Call(int argc, char **argv) {
  long a[7] = {0};
  for (int i = 0; i < argc && i < 7; i++) a[i] = strtol(argv[i], NULL, 0);
  long result = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  if (result < 0)
    printf("errno %d\n", errno);
  else
    printf("ok %ld\n", result);
  return 0;
}

// The numbers of the calls that tests filter, as they differ between architectures; a number is itself.
static int Number(const char *name) {
  static const struct { const char *name; long number; } kCalls[] = {
      {"getppid", SYS_getppid},     {"mkdirat", SYS_mkdirat}, {"personality", SYS_personality},
      {"sethostname", SYS_sethostname}, {"socket", SYS_socket}, {"unshare", SYS_unshare},
      {"getpriority", SYS_getpriority}, {"umask", SYS_umask},   {"kexec_load", SYS_kexec_load},
  };
  if (*name >= '0' && *name <= '9') return atoi(name);
  for (size_t i = 0; i < sizeof kCalls / sizeof *kCalls; i++)
    if (strcmp(kCalls[i].name, name) == 0) return (int)kCalls[i].number;
  return -1;
}

// What the controlling terminal and stdin are.
static int Terminal(void) {
  struct winsize size = {0};
  struct termios mode = {0};
  ioctl(0, TIOCGWINSZ, &size);
  tcgetattr(0, &mode);
  int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
  char name[PATH_MAX] = "none";
  ttyname_r(0, name, sizeof name);
  printf("tty %d%d%d name %s controlling %d size %dx%d onlcr %d leader %d\n", isatty(0), isatty(1), isatty(2),
         name, tty >= 0, size.ws_row, size.ws_col, (mode.c_oflag & ONLCR) != 0, getsid(0) == getpid());
  return 0;
}

// Prints what the executables are of the processes that come, as far as they can be looked into; for ever.
static void Watch(void) {
  enum { kPids = 128 };
  static char seen[kPids][PATH_MAX];
  printf("watching\n");
  fflush(stdout);
  for (;;) {
    for (int pid = 2; pid < kPids; pid++) {
      char name[32], target[PATH_MAX];
      snprintf(name, sizeof name, "/proc/%d/exe", pid);
      ssize_t length = readlink(name, target, sizeof target - 1);
      if (length < 0) continue;
      target[length] = 0;
      if (strcmp(seen[pid], target) == 0) continue;
      strcpy(seen[pid], target);
      printf("saw %s\n", target);
      fflush(stdout);
    }
  }
}

// Sends a message to the service manager, with a descriptor that is none of its business.
static int Notify(const char *text) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = getenv("NOTIFY_SOCKET");
  strncpy(address.sun_path, path == NULL ? "" : path, sizeof address.sun_path - 1);
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
  struct msghdr message = {.msg_name = &address,
                           .msg_namelen = sizeof address,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET, rights->cmsg_type = SCM_RIGHTS, rights->cmsg_len = CMSG_LEN(sizeof(int));
  memset(CMSG_DATA(rights), 0, sizeof(int));
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  return fd < 0 || sendmsg(fd, &message, 0) < 0 ? Fail("sendmsg") : 0;
}

static int Segfault(void) {
  signal(SIGSEGV, SIG_DFL);
  *(volatile int *)0 = 0;
  return 0;
}

static void *Sleep(void *nothing) {
  printf("its first thread ends\n");
  fflush(stdout);
  sleep(1000);
  return nothing;
}

// A process whose first thread has ended: the kernel shows it as a zombie, and it lives on.
static int Threads(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, Sleep, NULL) != 0) return 1;
  pthread_exit(NULL);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  if (strcmp(what, "fds") == 0) return Fds();
  if (strcmp(what, "keyring") == 0) return Keyring();
  if (strcmp(what, "catch") == 0) return Catch(argc > 2 ? atoi(argv[2]) : 1);
  if (strcmp(what, "watch") == 0) Watch();
  if (strcmp(what, "threads") == 0) return Threads();
  if (strcmp(what, "segfault") == 0) return Segfault();
  if (strcmp(what, "terminal") == 0) return Terminal();
  if (strcmp(what, "notify") == 0 && argc > 2) return Notify(argv[2]);
  if (strcmp(what, "securebits") == 0) return printf("%d\n", prctl(PR_GET_SECUREBITS)) < 0;
  if (strcmp(what, "dumpable") == 0) return printf("%d\n", prctl(PR_GET_DUMPABLE)) < 0;
  if (strcmp(what, "call") == 0 && argc > 2) {
    char number[16];
    snprintf(number, sizeof number, "%d", Number(argv[2]));
    argv[2] = number;
    return Call(argc - 2, argv + 2);
  }
  if (strcmp(what, "args") == 0) {
    for (int i = 0; i < argc; i++) printf("[%s]\n", argv[i]);
    return 0;
  }
  if (strcmp(what, "env") == 0) {
    for (char **entry = environ; *entry != NULL; entry++) printf("[%s]\n", *entry);
    return 0;
  }
  fprintf(stderr, "probe: unknown question `%s`\n", what);
  return 2;
}
