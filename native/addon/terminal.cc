// The foreground of `run`: signals to the container, the terminal in both directions, the exit status.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "addon.h"

namespace {

int signalPipe[2] = {-1, -1};

void OnSignal(int number) {
  int error = errno;
  unsigned char byte = static_cast<unsigned char>(number);
  // A full pipe loses a signal that hundreds of others wait before.
  [[maybe_unused]] ssize_t written = write(signalPipe[1], &byte, 1);
  errno = error;
}

// All that can be handled but the faults, and SIGCHLD, SIGURG, SIGPIPE, which are about this process.
bool Forwarded(int number) {
  switch (number) {
    case SIGKILL: case SIGSTOP: case SIGCHLD: case SIGURG: case SIGPIPE:
    case SIGSEGV: case SIGBUS: case SIGFPE: case SIGILL: case SIGTRAP: case SIGABRT: case SIGSYS:
    case SIGPROF: case SIGVTALRM: case SIGXCPU: case SIGXFSZ:
    // A job in the background stops at its terminal, as the shell expects; with a handler it would spin.
    case SIGTTIN: case SIGTTOU:
      return false;
    default:
      // The first two real-time signals are the C library's, and JavaScript engines stop threads by others.
      return number < 32 || number > SIGRTMIN;
  }
}

bool BeginSignals() {
  if (signalPipe[0] >= 0) return true;
  if (pipe2(signalPipe, O_CLOEXEC | O_NONBLOCK) < 0) return false;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (int number = 1; number <= SIGRTMAX; number++)
    if (Forwarded(number)) sigaction(number, &action, nullptr);
  return true;
}

// forwardSignals(): from now on signals are collected for supervise()
Napi::Value ForwardSignals(const Napi::CallbackInfo& info) {
  return BeginSignals() ? info.Env().Undefined() : ThrowErrno(info.Env(), errno, "pipe2");
}

struct termios savedModes;
bool modesSaved = false;

void RestoreTerminal() {
  if (!modesSaved) return;
  // Also from the background: a blocked SIGTTOU lets the call take effect.
  sigset_t output, before;
  sigemptyset(&output);
  sigaddset(&output, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &output, &before);
  tcsetattr(STDIN_FILENO, TCSANOW, &savedModes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  modesSaved = false;
}

void CopySize(int master) {
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    ioctl(master, TIOCSWINSZ, &size);
}

void BeginTerminal(int master) {
  fcntl(master, F_SETFL, O_NONBLOCK);
  if (tcgetattr(STDIN_FILENO, &savedModes) < 0) return;
  modesSaved = true;
  struct termios raw = savedModes;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

// A direction of the terminal: what was read and isn't written yet.
struct Flow {
  int from, to;
  bool open;
  size_t start = 0, end = 0;
  char bytes[8192];

  bool Empty() const { return start == end; }
  void Fill() {
    ssize_t got = read(from, bytes, sizeof(bytes));
    if (got > 0) {
      start = 0;
      end = static_cast<size_t>(got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      open = false;
    }
  }
  void Flush() {
    // A pipe that polls writable takes this much without blocking.
    ssize_t put = write(to, bytes + start, std::min<size_t>(end - start, PIPE_BUF));
    if (put > 0) start += static_cast<size_t>(put);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
      start = end = 0;
      open = false;
    }
  }
};

void HandleSignals(pid_t pid, int master) {
  unsigned char numbers[64];
  ssize_t got = read(signalPipe[0], numbers, sizeof(numbers));
  for (ssize_t i = 0; i < got; i++) {
    if (numbers[i] == SIGWINCH && master >= 0) {
      CopySize(master);
    } else {
      // Not reaped yet: the pid is still the container's.
      kill(pid, numbers[i]);
    }
  }
}

// What the container wrote before its end is still in the pty.
void DrainTerminal(Flow& output) {
  while (output.open) {
    while (!output.Empty() && output.open) output.Flush();
    struct pollfd rest = {output.from, POLLIN, 0};
    if (poll(&rest, 1, 0) <= 0 || !(rest.revents & POLLIN)) break;
    output.Fill();
  }
}

// supervise(pid, pidfd, master): the wait status; master -1 where the container has no terminal
Napi::Value Supervise(const Napi::CallbackInfo& info) {
  pid_t pid = info[0].As<Napi::Number>().Int32Value();
  int pidfd = info[1].As<Napi::Number>().Int32Value();
  int master = info[2].As<Napi::Number>().Int32Value();
  if (!BeginSignals()) return ThrowErrno(info.Env(), errno, "pipe2");
  static Flow input, output;
  input.from = STDIN_FILENO;
  input.to = output.from = master;
  output.to = STDOUT_FILENO;
  input.open = output.open = master >= 0;
  if (master >= 0) BeginTerminal(master);
  for (;;) {
    struct pollfd watched[6] = {
        {pidfd, POLLIN, 0},
        {signalPipe[0], POLLIN, 0},
        {input.open && input.Empty() ? input.from : -1, POLLIN, 0},
        {!input.Empty() && output.open ? master : -1, POLLOUT, 0},
        {output.open && output.Empty() ? output.from : -1, POLLIN, 0},
        {!output.Empty() ? output.to : -1, POLLOUT, 0},
    };
    if (poll(watched, 6, -1) < 0 && errno != EINTR) break;
    if (watched[1].revents) HandleSignals(pid, master);
    if (watched[2].revents) input.Fill();
    if (watched[3].revents) input.Flush();
    if (watched[4].revents) output.Fill();
    if (watched[5].revents) output.Flush();
    if (watched[0].revents) break;
  }
  DrainTerminal(output);
  RestoreTerminal();
  int status = 0;
  pid_t reaped;
  do reaped = waitpid(pid, &status, 0);
  while (reaped < 0 && errno == EINTR);
  return reaped < 0 ? ThrowErrno(info.Env(), errno, "waitpid") : Napi::Number::New(info.Env(), status);
}

// terminalSize(): [columns, rows] of the caller's terminal, undefined where it has none
Napi::Value TerminalSize(const Napi::CallbackInfo& info) {
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
    return info.Env().Undefined();
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, Napi::Number::New(info.Env(), size.ws_col));
  pair.Set(1u, Napi::Number::New(info.Env(), size.ws_row));
  return pair;
}

}  // namespace

void InitTerminal(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "forwardSignals", ForwardSignals);
  Export(env, exports, "supervise", Supervise);
  Export(env, exports, "terminalSize", TerminalSize);
}
