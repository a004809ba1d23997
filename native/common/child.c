#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

extern char **environ;

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// In the child of vfork: nothing but system calls.
static void become(const char *path, char *const *argv, char *const *envp, const char *cwd, const int stdio[3],
                   volatile int *error) {
  struct sigaction standard;
  memset(&standard, 0, sizeof(standard));
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < 65; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // Descriptors 0 to 2 may be among the three: first out of the way, then into place.
  int moved[3];
  for (int i = 0; i < 3; i++) moved[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; i++)
    if (moved[i] < 0 || dup2(moved[i], i) < 0) {
      *error = errno;
      _exit(127);
    }
  syscall(436 /* close_range */, 3u, ~0u, 4u /* CLOEXEC */);
  if (cwd == NULL || chdir(cwd) == 0) execve(path, argv, envp != NULL ? envp : environ);
  *error = errno;
  _exit(127);
}

// Apart from its caller, whose variables the child of vfork would share.
static __attribute__((noinline)) pid_t start(const char *path, char *const *argv, char *const *envp,
                                             const char *cwd, const int stdio[3], int *error) {
  volatile int failure = 0;
  pid_t pid = vfork();
  if (pid == 0) become(path, argv, envp, cwd, stdio, &failure);
  *error = pid < 0 ? errno : failure;
  return pid;
}

static void keep(struct child_result *result, const char *data, size_t length) {
  size_t size = sizeof(result->output) - 1;
  if (length > size) {
    data += length - size;
    length = size;
  }
  if (result->length + length > size) {
    size_t drop = result->length + length - size;
    memmove(result->output, result->output + drop, result->length - drop);
    result->length -= (uint32_t)drop;
  }
  memcpy(result->output + result->length, data, length);
  result->length += (uint32_t)length;
  result->output[result->length] = 0;
}

struct streams {
  int in;     // to the child's stdin; -1 when all is written or it stopped reading
  int out;    // from its stdout and stderr; -1 at their end
  int pidfd;  // -1 where the kernel has none
  const char *input;
  uint32_t left;
};

static void close_stream(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static void feed(struct streams *streams) {
  ssize_t written = write(streams->in, streams->input, streams->left);
  if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (written > 0) {
    streams->input += written;
    streams->left -= (uint32_t)written;
  }
  if (written < 0 || streams->left == 0) close_stream(&streams->in);
}

static void drain(struct streams *streams, struct child_result *result) {
  char buffer[1024];
  ssize_t got = read(streams->out, buffer, sizeof(buffer));
  if (got > 0) keep(result, buffer, (size_t)got);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) close_stream(&streams->out);
}

// Serves the streams until the child has ended; kills it at the limit and at the interruption.
static void serve(pid_t pid, struct streams *streams, int64_t deadline, int interruption,
                  struct child_result *result) {
  for (;;) {
    pid_t ended = waitpid(pid, &result->status, WNOHANG);
    if (ended == pid) break;
    if (ended < 0 && errno != EINTR) {
      result->error = errno;
      break;
    }
    struct pollfd watched[4] = {{streams->pidfd, POLLIN, 0},
                                {streams->in, POLLOUT, 0},
                                {streams->out, POLLIN, 0},
                                {result->interrupted ? -1 : interruption, POLLIN, 0}};
    int64_t left = deadline < 0 ? -1 : deadline - now_ms();
    if (deadline >= 0 && left <= 0 && !result->timed_out) {
      result->timed_out = 1;
      kill(pid, SIGKILL);
      left = 1000;
    }
    // Without a pidfd the end is only seen by asking again.
    int wait = streams->pidfd < 0 && (left < 0 || left > 10) ? 10 : left > 1000000000 || left < 0 ? -1 : (int)left;
    poll(watched, 4, wait);
    if (watched[3].revents) {
      result->interrupted = 1;
      kill(pid, SIGKILL);
    }
    if (watched[1].revents) feed(streams);
    if (watched[2].revents) drain(streams, result);
  }
  // What is in the pipe now is the child's; a grandchild that holds it open isn't waited for.
  for (int reads = 0; streams->out >= 0 && reads < 64; reads++) {
    struct pollfd rest = {streams->out, POLLIN, 0};
    if (poll(&rest, 1, 0) <= 0) break;
    drain(streams, result);
  }
}

void run_child(const char *path, char *const *argv, char *const *envp, const char *cwd, const char *input,
               uint32_t input_length, uint32_t timeout_ms, int out_fd, int err_fd, int interruption,
               struct child_result *result) {
  memset(result, 0, sizeof(*result));
  result->status = -1;
  int in[2] = {-1, -1}, out[2] = {-1, -1};
  if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
    result->error = errno;
  } else {
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    struct sigaction ignore, before;
    memset(&ignore, 0, sizeof(ignore));
    ignore.sa_handler = SIG_IGN;
    // A hook that doesn't read its state must not end its caller.
    sigaction(SIGPIPE, &ignore, &before);
    const int stdio[3] = {in[0], out_fd < 0 ? out[1] : out_fd, err_fd < 0 ? out[1] : err_fd};
    int error = 0;
    pid_t pid = start(path, argv, envp, cwd, stdio, &error);
    close_stream(&in[0]);
    close_stream(&out[1]);
    if (pid > 0) {
      struct streams streams = {in[1], out[0], (int)syscall(SYS_pidfd_open, pid, 0), input, input_length};
      if (input_length == 0) close_stream(&streams.in);
      serve(pid, &streams, timeout_ms == 0 ? -1 : now_ms() + timeout_ms, interruption, result);
      close_stream(&streams.pidfd);
      in[1] = streams.in;
      out[0] = streams.out;
    }
    if (error != 0) {
      result->error = error;
      result->status = -1;
    }
    sigaction(SIGPIPE, &before, NULL);
  }
  for (int i = 0; i < 2; i++) {
    close_stream(&in[i]);
    close_stream(&out[i]);
  }
}
