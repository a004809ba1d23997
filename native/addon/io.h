// What the file operations share: descriptors that close themselves, arguments, results.
#pragma once
#include "addon.h"
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

// The directory entries' half of Files; InitFiles calls it.
void InitPaths(Napi::Env env, Napi::Object exports);

// A descriptor that closes itself and keeps errno as the failed call left it.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release() {
    int number = number_;
    number_ = -1;
    return number;
  }
  void Close() {
    if (number_ < 0) return;
    int saved = errno;
    close(release());
    errno = saved;
  }

 private:
  int number_;
};

inline int OpenAt(int at, const char* path, int flags, mode_t mode = 0) {
  int fd;
  do fd = openat(at, path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

// A path argument. A NUL would cut the path short for the kernel, so it becomes one that cannot exist.
inline std::string PathArgument(const Napi::CallbackInfo& info, size_t index) {
  std::string path = info[index].As<Napi::String>().Utf8Value();
  return path.find('\0') == std::string::npos ? path : std::string();
}

inline uint32_t NumberArgument(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::Number>().Uint32Value();
}

// A string or a Uint8Array as bytes. The array's memory is borrowed for the length of the call.
class Bytes {
 public:
  explicit Bytes(const Napi::Value& value) {
    if (value.IsTypedArray()) {
      Napi::Uint8Array array = value.As<Napi::Uint8Array>();
      view_ = std::string_view(reinterpret_cast<const char*>(array.Data()), array.ByteLength());
    } else {
      text_ = value.As<Napi::String>().Utf8Value();
      view_ = text_;
    }
  }
  std::string_view view() const { return view_; }

 private:
  std::string text_;
  std::string_view view_;
};

inline Napi::Value Result(const Napi::CallbackInfo& info, int result, const char* syscall, const std::string& path) {
  return result < 0 ? ThrowErrno(info.Env(), errno, syscall, path) : info.Env().Undefined();
}
