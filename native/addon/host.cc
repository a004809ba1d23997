#include <time.h>

#include "addon.h"

const char* ErrnoName(int number) {
  const char* name = strerrorname_np(number);
  return name != nullptr ? name : "EUNKNOWN";
}

Napi::Value ThrowErrno(Napi::Env env, int number, const char* syscall, const std::string& path) {
  std::string text = std::string(syscall) + (path.empty() ? "" : " `" + path + "`") + ": " + strerror(number);
  Napi::Error error = Napi::Error::New(env, text);
  error.Set("code", Napi::String::New(env, ErrnoName(number)));
  error.Set("errno", Napi::Number::New(env, number));
  error.Set("syscall", Napi::String::New(env, syscall));
  if (!path.empty()) error.Set("path", Napi::String::New(env, path));
  error.ThrowAsJavaScriptException();
  return env.Undefined();
}

// microseconds(): of a clock that only goes forward
static Napi::Value Microseconds(const Napi::CallbackInfo& info) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Napi::Number::New(info.Env(), static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec / 1000));
}

void InitHost(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "microseconds", Microseconds);
  InitFiles(env, exports);
  InitLock(env, exports);
  InitRooted(env, exports);
  InitFeatures(env, exports);
  InitMount(env, exports);
  InitNetlink(env, exports);
  InitProcess(env, exports);
  InitSpawn(env, exports);
  InitSignals(env, exports);
  InitTerminal(env, exports);
  InitSeccomp(env, exports);
  InitBpf(env, exports);
  InitWatch(env, exports);
}
