/*
 * Starts commands and times them, for the benchmark. It is its own small static program so that starting a
 * command costs the same, and little, whichever language the benchmark is written in: posix_spawn from a process
 * of a few pages, and no event loop between the end of the command and the clock. It also runs as it is inside
 * the root file system of another Debian release.
 *
 * usage: timer FILE       serves requests until end of file; the commands' stderr is appended to FILE
 *        timer --nothing  ends at once: what the timing of any command costs at least
 *
 * A request is a line of fields separated by tabs, an answer a line of numbers separated by spaces:
 *   run   ARGV...        → STATUS NANOSECONDS PEAK    waits for the command; PEAK is the largest resident set in
 *                                                     KiB among it and the processes that it waited for
 *   serve PORT ARGV...   → NANOSECONDS                runs a command that leaves a server behind, and asks
 *                                                     127.0.0.1:PORT until it answers with HTTP status 200
 * STATUS is the exit code, or 128+n for signal n. A request that fails is answered with "error TEXT".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ARGS = 64 };

static const long long SERVE_DEADLINE = 60LL * 1000 * 1000 * 1000;
static const struct timespec POLL_PAUSE = {.tv_sec = 0, .tv_nsec = 200 * 1000};

extern char **environ;

static posix_spawn_file_actions_t streams;
static posix_spawnattr_t signals;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void prepare(const char *errors) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_addopen(&streams, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&streams, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&streams, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawnattr_init(&signals);
  posix_spawnattr_setsigdefault(&signals, &all);
  posix_spawnattr_setsigmask(&signals, &none);
  posix_spawnattr_setflags(&signals, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int status_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

static pid_t start(char **argv) {
  pid_t pid;
  int error = argv[0] == NULL ? EINVAL : posix_spawnp(&pid, argv[0], &streams, &signals, argv, environ);
  if (error == 0) return pid;
  printf("error %s: %s\n", argv[0] == NULL ? "no command" : argv[0], strerror(error));
  return -1;
}

static void run(char **argv) {
  struct rusage usage;
  int status;
  long long began = now();
  pid_t pid = start(argv);
  if (pid < 0) return;
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  long long ended = now();
  printf("%d %lld %ld\n", status_of(status), ended - began, usage.ru_maxrss);
}

/* 1 when the server answered with 200, 0 when it does not listen yet, -1 when it answered something else. */
static int ask(int port) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  struct timeval patience = {.tv_sec = 5};
  char answer[sizeof "HTTP/1.1 200" - 1];
  size_t have = 0;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return 0;
  }
  if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof request - 1)) {
    close(fd);
    return -1;
  }
  while (have < sizeof answer) {
    ssize_t n = recv(fd, answer + have, sizeof answer - have, 0);
    if (n <= 0) break;
    have += (size_t)n;
  }
  close(fd);
  return have == sizeof answer && memcmp(answer, "HTTP/1.", 7) == 0 && memcmp(answer + 8, " 200", 4) == 0 ? 1 : -1;
}

static void serve(int port, char **argv) {
  long long passed, began = now();
  int answered, status = 0;
  pid_t pid = start(argv), ended = 0;
  if (pid < 0) return;
  for (;;) {
    answered = ask(port);
    passed = now() - began;
    if (ended == 0) ended = waitpid(pid, &status, WNOHANG);
    if (answered != 0 || status != 0 || passed > SERVE_DEADLINE) break;
    nanosleep(&POLL_PAUSE, NULL);
  }
  if (answered != 1) kill(pid, SIGKILL);
  if (ended == 0) waitpid(pid, &status, 0);
  if (answered < 0)
    printf("error no HTTP status 200 on port %d\n", port);
  else if (status != 0 || answered == 0)
    printf("error no server on port %d, the command ended with status %d\n", port, status_of(status));
  else
    printf("%lld\n", passed);
}

int main(int argc, char **argv) {
  char *line = NULL;
  size_t size = 0;
  ssize_t length;
  if (argc != 2) {
    fprintf(stderr, "usage: timer FILE | --nothing\n");
    return 64;
  }
  if (strcmp(argv[1], "--nothing") == 0) return 0;
  prepare(argv[1]);
  while ((length = getline(&line, &size, stdin)) > 0) {
    char *fields[MAX_ARGS + 1], *rest = line;
    int count = 0;
    if (line[length - 1] == '\n') line[length - 1] = '\0';
    while (count < MAX_ARGS && (fields[count] = strsep(&rest, "\t")) != NULL) count++;
    fields[count] = NULL;
    if (rest != NULL)
      printf("error more than %d fields\n", MAX_ARGS);
    else if (strcmp(fields[0], "run") == 0)
      run(fields + 1);
    else if (strcmp(fields[0], "serve") == 0 && count > 1)
      serve(atoi(fields[1]), fields + 2);
    else
      printf("error unknown request %s\n", fields[0]);
    fflush(stdout);
  }
  return 0;
}
