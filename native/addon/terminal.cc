// The foreground of `run`: the terminal in both directions, signals to the container, the exit status.
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
#include "signals.h"

namespace {

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

void RestoreAndEnd(int number) {
  RestoreTerminal();
  signal(number, SIG_DFL);
  raise(number);
}

// Signals that end this process and are not the container's: the caller's terminal is as before all the same.
void RestoreAtEnd() {
  static const int ending[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP, SIGVTALRM, SIGXCPU,
                               SIGXFSZ};
  for (int number : ending) {
    struct sigaction action = {};
    // A JavaScript engine has uses of its own for some.
    if (sigaction(number, nullptr, &action) < 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = RestoreAndEnd;
    sigaction(number, &action, nullptr);
  }
}

void BeginTerminal(int master) {
  fcntl(master, F_SETFL, O_NONBLOCK);
  if (tcgetattr(STDIN_FILENO, &savedModes) < 0) return;
  modesSaved = true;
  RestoreAtEnd();
  struct termios raw = savedModes;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

// A direction of the terminal: what was read and isn't written yet.
struct Flow {
  int from, to;
  bool open;
  size_t start = 0, end = 0;
  char last = '\n';
  char bytes[8192];

  bool Empty() const { return start == end; }
  void Fill() {
    ssize_t got = read(from, bytes, sizeof(bytes));
    if (got > 0) {
      start = 0;
      end = static_cast<size_t>(got);
      last = bytes[end - 1];
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

// A pipe or file has ended: the program is told as by somebody who types the terminal's end-of-file character. In the
// midst of a line the first one only ends that.
void TypeEndOfFile(Flow& input) {
  struct termios modes;
  if (isatty(input.from) || tcgetattr(input.to, &modes) < 0 || modes.c_cc[VEOF] == _POSIX_VDISABLE) return;
  input.start = 0;
  input.end = input.last == '\n' ? 1 : 2;
  for (size_t i = 0; i < input.end; i++) input.bytes[i] = static_cast<char>(modes.c_cc[VEOF]);
}

void HandleSignals(pid_t pid, int master) {
  unsigned char numbers[64];
  ssize_t got = read(CollectedSignals(), numbers, sizeof(numbers));
  for (ssize_t i = 0; i < got; i++) {
    if (numbers[i] == SIGWINCH && master >= 0) {
      CopySize(master);
    } else {
      // Not reaped yet: the pid is still the container's.
      kill(pid, numbers[i]);
    }
  }
}

// What the container wrote before its end is still in the pty. A reader who takes nothing any more is waited for until
// a signal says that it is enough.
void DrainTerminal(Flow& output) {
  while (TakeInterruption() != 0) {
  }
  while (output.open) {
    bool full = !output.Empty();
    struct pollfd watched[2] = {{full ? output.to : output.from, static_cast<short>(full ? POLLOUT : POLLIN), 0},
                                {Interruption(), POLLIN, 0}};
    int ready = poll(watched, 2, full ? -1 : 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || watched[1].revents) break;
    if (full) output.Flush();
    else if (watched[0].revents & POLLIN) output.Fill();
    else break;
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
        {CollectedSignals(), POLLIN, 0},
        {input.open && input.Empty() ? input.from : -1, POLLIN, 0},
        {!input.Empty() && output.open ? master : -1, POLLOUT, 0},
        {output.open && output.Empty() ? output.from : -1, POLLIN, 0},
        {!output.Empty() ? output.to : -1, POLLOUT, 0},
    };
    if (poll(watched, 6, -1) < 0 && errno != EINTR) break;
    if (watched[1].revents) HandleSignals(pid, master);
    if (watched[2].revents) {
      input.Fill();
      if (!input.open) TypeEndOfFile(input);
    }
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
  Export(env, exports, "supervise", Supervise);
  Export(env, exports, "terminalSize", TerminalSize);
}
