// Clocks, random bytes and giving way.
#include <sched.h>
#include <sys/random.h>
#include <ctime>
#include "wasi.h"

namespace wasi {

static uint64_t Nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + static_cast<uint64_t>(time.tv_nsec);
}

// clockTime(clock of Linux, time*)
static int32_t ClockTime(int32_t clock, uint32_t timeAt) {
  uint8_t* at = At(timeAt, 8);
  if (at == nullptr) return -EFAULT;
  timespec now;
  if (clock_gettime(clock, &now) != 0) return -errno;
  Store(at, Nanoseconds(now));
  return 0;
}

// clockResolution(clock of Linux, time*)
static napi_value ClockResolution(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint8_t* at = At(call.U32(1), 8);
  if (at == nullptr) return call.Result(-EFAULT);
  timespec unit;
  if (clock_getres(call.Int(0), &unit) != 0) return call.Result(-errno);
  Store(at, Nanoseconds(unit));
  return call.Result(0);
}

// remaining(clock of Linux, deadline: i64 ns): nanoseconds from now to the deadline, 0 if it is past.
static napi_value Remaining(napi_env env, napi_callback_info info) {
  Call call(env, info);
  timespec now;
  double left = 0;
  if (clock_gettime(call.Int(0), &now) == 0) {
    auto deadline = static_cast<uint64_t>(call.I64(1));
    uint64_t time = Nanoseconds(now);
    left = deadline > time ? static_cast<double>(deadline - time) : 0;
  }
  napi_value value = nullptr;
  napi_create_double(env, left, &value);
  return value;
}

// random(buffer*, length)
static napi_value Random(napi_env env, napi_callback_info info) {
  Call call(env, info);
  size_t length = call.U32(1);
  uint8_t* at = At(call.U32(0), length);
  if (at == nullptr) return call.Result(-EFAULT);
  while (length > 0) {
    long got = Retry([&] { return getrandom(at, length, 0); });
    if (got < 0) return call.Result(got);
    at += got;
    length -= static_cast<size_t>(got);
  }
  return call.Result(0);
}

// yield()
static int32_t Yield() { return sched_yield() == 0 ? 0 : -errno; }

const Entry kClockEntries[] = {Direct<ClockTime>("clockTime"), {"clockResolution", ClockResolution},
                               {"remaining", Remaining},       {"random", Random},
                               Direct<Yield>("yield"),         {nullptr, nullptr}};

}  // namespace wasi
