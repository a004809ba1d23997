// What is in somebody else's root: looked at by descriptor. A link can't lead out of it, and what is no ordinary file
// is never opened: a FIFO would wait, a device act.
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "io.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

namespace {

int OpenPath(const Napi::CallbackInfo& info, const std::string& path) {
  struct open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  int root = info[0].As<Napi::Number>().Int32Value();
  int fd = -1;
  // EAGAIN: a rename or mount elsewhere raced with "..".
  for (int tries = 0; tries < 128; tries++) {
    fd = static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how)));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}

ssize_t ReadHead(int fd, char* buffer, size_t size) {
  size_t length = 0;
  while (length < size) {
    ssize_t got = pread(fd, buffer + length, size - length, static_cast<off_t>(length));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(length);
}

// readHeadInRoot(root, path): up to 4096 bytes
Napi::Value ReadHeadInRoot(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 1);
  Descriptor place(OpenPath(info, path));
  struct stat status;
  if (!place.valid() || fstat(place.get(), &status) < 0) return ThrowErrno(info.Env(), errno, "open", path);
  if (!S_ISREG(status.st_mode)) return ThrowErrno(info.Env(), EINVAL, "open", path);
  // The same file again, now to be read.
  std::string link = "/proc/self/fd/" + std::to_string(place.get());
  Descriptor file(OpenAt(AT_FDCWD, link.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  char buffer[4096];
  ssize_t length = file.valid() ? ReadHead(file.get(), buffer, sizeof(buffer)) : -1;
  if (length < 0) return ThrowErrno(info.Env(), errno, "read", path);
  return Napi::Buffer<char>::Copy(info.Env(), buffer, static_cast<size_t>(length));
}

// modeInRoot(root, path): st_mode, undefined where there is nothing
Napi::Value ModeInRoot(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 1);
  Descriptor place(OpenPath(info, path));
  struct stat status;
  if (place.valid() && fstat(place.get(), &status) == 0) return Napi::Number::New(info.Env(), status.st_mode);
  if (errno == ENOENT || errno == ENOTDIR) return info.Env().Undefined();
  return ThrowErrno(info.Env(), errno, "open", path);
}

}  // namespace

void InitRooted(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "readHeadInRoot", ReadHeadInRoot);
  Export(env, exports, "modeInRoot", ModeInRoot);
}
