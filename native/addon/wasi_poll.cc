// poll_oneoff's wait: ppoll(2) over an array shared with TypeScript.
#include <poll.h>
#include <sys/ioctl.h>
#include <cstdlib>
#include "wasi.h"

namespace wasi {

// The shared array: per descriptor four i32 {fd, events, revents, bytes readable}.
static Memory shared;

// setPollArray(ArrayBuffer)
static napi_value SetPollArray(napi_env env, napi_callback_info info) {
  Call call(env, info);
  shared = call.Buffer(0);
  return call.Result(0);
}

// What can be read without waiting. A listening socket has no number of bytes, only something to accept.
static int Readable(const pollfd& entry) {
  if ((entry.revents & POLLIN) == 0) return 0;
  int bytes = 0;
  if (ioctl(entry.fd, FIONREAD, &bytes) == 0) return bytes > 0 ? bytes : 0;
  return errno == EINVAL ? 1 : 0;
}

// poll(count, timeout in ns, or negative for none): how many descriptors are ready.
static int32_t Poll(uint32_t count, double timeout) {
  static pollfd* entries = nullptr;
  static uint32_t room = 0;
  if (shared.size / 16 < count) return -EINVAL;
  if (room < count) {
    auto* larger = static_cast<pollfd*>(realloc(entries, count * sizeof *entries));
    if (larger == nullptr) return -ENOMEM;
    entries = larger;
    room = count;
  }
  auto* array = reinterpret_cast<int32_t*>(shared.base);
  for (uint32_t i = 0; i < count; i++) {
    entries[i] = {array[i * 4], static_cast<short>(array[i * 4 + 1]), 0};
  }
  timespec wait;
  if (timeout >= 0) {
    // Linux caps the seconds itself; a double holds 104 days of nanoseconds exactly, and more roughly.
    double seconds = timeout / 1e9;
    wait.tv_sec = seconds > 4e9 ? 4000000000 : static_cast<time_t>(seconds);
    double rest = timeout - static_cast<double>(wait.tv_sec) * 1e9;
    wait.tv_nsec = rest < 0 ? 0 : rest > 999999999 ? 999999999 : static_cast<long>(rest);
  }
  // An interrupted wait is not resumed with what is left of it: only handlers that end the process exist.
  long ready = Retry([&] { return ppoll(entries, count, timeout >= 0 ? &wait : nullptr, nullptr); });
  for (uint32_t i = 0; ready > 0 && i < count; i++) {
    array[i * 4 + 2] = entries[i].revents;
    array[i * 4 + 3] = Readable(entries[i]);
  }
  return static_cast<int32_t>(ready);
}

const Entry kPollEntries[] = {{"setPollArray", SetPollArray}, Direct<Poll>("poll"), {nullptr, nullptr}};

}  // namespace wasi
