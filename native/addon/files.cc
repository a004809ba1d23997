// The contents of files and the plain use of descriptors: one half of what src/native/index.ts calls Files.
// They exist because loading node:fs costs more than everything that a hot command does with files.
#include "io.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

namespace {

void WaitFor(int fd, short events) {
  struct pollfd entry = {fd, events, 0};
  poll(&entry, 1, -1);
}

// Writes everything, also to a descriptor that someone made non-blocking.
int WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    ssize_t done = write(fd, data.data(), data.size());
    if (done >= 0) data.remove_prefix(static_cast<size_t>(done));
    else if (errno == EAGAIN) WaitFor(fd, POLLOUT);
    else if (errno != EINTR) return -1;
  }
  return 0;
}

// Reads to the end. The size that fstat gives is a first guess only: procfs says 0.
int ReadAll(int fd, std::string* data) {
  struct stat status;
  size_t room = 4096;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    room = static_cast<size_t>(status.st_size) + 1;
  }
  size_t length = 0;
  for (;;) {
    if (data->size() < length + room) data->resize(length + room);
    ssize_t done = read(fd, data->data() + length, data->size() - length);
    if (done > 0) {
      length += static_cast<size_t>(done);
      room = 4096 + length / 2;
      if (data->size() > length) room = data->size() - length;
    } else if (done == 0) {
      data->resize(length);
      return 0;
    } else if (errno == EAGAIN) {
      WaitFor(fd, POLLIN);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

const char* ReadWhole(const std::string& path, std::string* data) {
  Descriptor fd(OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NOCTTY));
  if (!fd.valid()) return "open";
  return ReadAll(fd.get(), data) < 0 ? "read" : nullptr;
}

Napi::Value ReadFile(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0), data;
  const char* failed = ReadWhole(path, &data);
  if (failed != nullptr) return ThrowErrno(info.Env(), errno, failed, path);
  return Napi::Buffer<char>::Copy(info.Env(), data.data(), data.size());
}

Napi::Value ReadText(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0), data;
  const char* failed = ReadWhole(path, &data);
  if (failed != nullptr) return ThrowErrno(info.Env(), errno, failed, path);
  return Napi::String::New(info.Env(), data);
}

Napi::Value WriteFile(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  Bytes data(info[1]);
  Descriptor fd(OpenAt(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, NumberArgument(info, 2)));
  if (!fd.valid()) return ThrowErrno(info.Env(), errno, "open", path);
  if (WriteAll(fd.get(), data.view()) < 0) return ThrowErrno(info.Env(), errno, "write", path);
  return info.Env().Undefined();
}

// One write(2): the kernel's control files take a value whole or not at all.
Napi::Value WriteExisting(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  Bytes data(info[1]);
  Descriptor fd(OpenAt(AT_FDCWD, path.c_str(), O_WRONLY | O_NOCTTY));
  if (!fd.valid()) return ThrowErrno(info.Env(), errno, "open", path);
  ssize_t done;
  do done = write(fd.get(), data.view().data(), data.view().size());
  while (done < 0 && errno == EINTR);
  if (done < 0) return ThrowErrno(info.Env(), errno, "write", path);
  if (static_cast<size_t>(done) != data.view().size()) return ThrowErrno(info.Env(), EIO, "write", path);
  return info.Env().Undefined();
}

// The name starts with a dot and holds pid and time: two writers never share a temporary.
std::string TemporaryBeside(const std::string& path) {
  size_t name = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return path.substr(0, name) + "." + path.substr(name) + "." + std::to_string(getpid()) + "-" +
         std::to_string(now.tv_sec) + "." + std::to_string(now.tv_nsec);
}

Napi::Value WriteAtomic(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  Bytes data(info[1]);
  std::string temporary = TemporaryBeside(path);
  Descriptor fd(OpenAt(AT_FDCWD, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, NumberArgument(info, 2)));
  if (!fd.valid()) return ThrowErrno(info.Env(), errno, "open", path);
  const char* failed = nullptr;
  if (WriteAll(fd.get(), data.view()) < 0) failed = "write";
  else if (rename(temporary.c_str(), path.c_str()) < 0) failed = "rename";
  if (failed == nullptr) return info.Env().Undefined();
  int number = errno;
  unlink(temporary.c_str());
  return ThrowErrno(info.Env(), number, failed, path);
}

Napi::Value WriteFd(const Napi::CallbackInfo& info) {
  Bytes data(info[1]);
  return Result(info, WriteAll(info[0].As<Napi::Number>().Int32Value(), data.view()), "write", "");
}

Napi::Value ReadFd(const Napi::CallbackInfo& info) {
  std::string data;
  if (ReadAll(info[0].As<Napi::Number>().Int32Value(), &data) < 0) return ThrowErrno(info.Env(), errno, "read");
  return Napi::Buffer<char>::Copy(info.Env(), data.data(), data.size());
}

// restoreInput(data): stdin is the data once more, for who reads it next.
Napi::Value RestoreInput(const Napi::CallbackInfo& info) {
  Bytes data(info[0]);
  Descriptor memory(memfd_create("stdin", MFD_CLOEXEC));
  if (!memory.valid()) return ThrowErrno(info.Env(), errno, "memfd_create");
  if (WriteAll(memory.get(), data.view()) < 0) return ThrowErrno(info.Env(), errno, "write");
  if (lseek(memory.get(), 0, SEEK_SET) < 0 || dup2(memory.get(), 0) < 0) return ThrowErrno(info.Env(), errno, "dup2");
  return info.Env().Undefined();
}

Napi::Value Open(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  int fd = OpenAt(AT_FDCWD, path.c_str(), static_cast<int>(NumberArgument(info, 1)), NumberArgument(info, 2));
  if (fd < 0) return ThrowErrno(info.Env(), errno, "open", path);
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value Close(const Napi::CallbackInfo& info) {
  return Result(info, close(info[0].As<Napi::Number>().Int32Value()), "close", "");
}

// One datagram to a named socket, as syslog and journald take their messages. Never waits for the reader.
Napi::Value SendDatagram(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  Bytes data(info[1]);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ThrowErrno(info.Env(), ENAMETOOLONG, "sendto", path);
  memcpy(address.sun_path, path.data(), path.size());
  Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ThrowErrno(info.Env(), errno, "socket", path);
  ssize_t sent = sendto(fd.get(), data.view().data(), data.view().size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                        reinterpret_cast<struct sockaddr*>(&address), sizeof address);
  if (sent < 0) return ThrowErrno(info.Env(), errno, "sendto", path);
  return info.Env().Undefined();
}

}  // namespace

void InitFiles(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "readFile", ReadFile);
  Export(env, exports, "readText", ReadText);
  Export(env, exports, "writeFile", WriteFile);
  Export(env, exports, "writeExisting", WriteExisting);
  Export(env, exports, "writeAtomic", WriteAtomic);
  Export(env, exports, "writeFd", WriteFd);
  Export(env, exports, "readFd", ReadFd);
  Export(env, exports, "restoreInput", RestoreInput);
  Export(env, exports, "open", Open);
  Export(env, exports, "close", Close);
  Export(env, exports, "sendDatagram", SendDatagram);
  InitPaths(env, exports);
}
