// Signals: collected for the container, and what they mean for the runtime while there is none yet.
#include "signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "addon.h"

namespace {

// Pipes of numbers: all that are for the container, and those that ask to end.
int collected[2] = {-1, -1}, interruptions[2] = {-1, -1};
bool interrupts[65];

void OnSignal(int number) {
  int error = errno;
  unsigned char byte = static_cast<unsigned char>(number);
  // A full pipe loses a signal that hundreds of others wait before.
  [[maybe_unused]] ssize_t written = write(collected[1], &byte, 1);
  if (interrupts[number]) written = write(interruptions[1], &byte, 1);
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

bool Ends(int number) { return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM; }

// forwardSignals(): from now on signals are collected for supervise()
Napi::Value ForwardSignals(const Napi::CallbackInfo& info) {
  return BeginSignals() ? info.Env().Undefined() : ThrowErrno(info.Env(), errno, "pipe2");
}

// takeInterruption(): the number of the signal that asks the runtime to end; 0: none
Napi::Value TakeInterruptionOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), TakeInterruption());
}

}  // namespace

bool BeginSignals() {
  if (collected[0] >= 0) return true;
  constexpr int flags = O_CLOEXEC | O_NONBLOCK;
  if (pipe2(collected, flags) < 0 || pipe2(interruptions, flags) < 0) return false;
  struct sigaction action = {}, before;
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (int number = 1; number <= SIGRTMAX; number++) {
    if (!Forwarded(number) || sigaction(number, nullptr, &before) < 0) continue;
    interrupts[number] = Ends(number) && before.sa_handler != SIG_IGN;
    sigaction(number, &action, nullptr);
  }
  return true;
}

int CollectedSignals() { return collected[0]; }

int Interruption() { return interruptions[0]; }

int TakeInterruption() {
  unsigned char number;
  return interruptions[0] >= 0 && read(interruptions[0], &number, 1) == 1 ? number : 0;
}

void InitSignals(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "forwardSignals", ForwardSignals);
  Export(env, exports, "takeInterruption", TakeInterruptionOf);
}
