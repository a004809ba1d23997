// Reading, writing and what concerns the descriptor itself.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "wasi.h"

namespace wasi {

// The count of bytes goes to the guest; its place is checked before any byte moves, so that none is lost.
template <typename Function>
static long Transfer(const Call& call, uint32_t pointer, uint32_t count, uint32_t out, Function function) {
  uint8_t* moved = At(out, 4);
  if (moved == nullptr) return -EFAULT;
  iovec* vectors = nullptr;
  long entries = Vectors(pointer, count, &vectors);
  if (entries < 0) return entries;
  int fd = call.Int(0);
  long result = Retry([&] { return function(fd, vectors, static_cast<int>(entries)); });
  if (result < 0) return result;
  Store(moved, static_cast<uint32_t>(result));
  return 0;
}

// read(fd, iovs, count, moved*)
static napi_value Read(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Transfer(call, call.U32(1), call.U32(2), call.U32(3), [](int fd, iovec* vectors, int count) {
    return count == 1 ? read(fd, vectors->iov_base, vectors->iov_len) : readv(fd, vectors, count);
  }));
}

// write(fd, iovs, count, moved*)
static napi_value Write(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Transfer(call, call.U32(1), call.U32(2), call.U32(3), [](int fd, iovec* vectors, int count) {
    return count == 1 ? write(fd, vectors->iov_base, vectors->iov_len) : writev(fd, vectors, count);
  }));
}

// pread(fd, iovs, count, offset: i64, moved*)
static napi_value Pread(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int64_t offset = call.I64(3);
  return call.Result(Transfer(call, call.U32(1), call.U32(2), call.U32(4), [=](int fd, iovec* vectors, int count) {
    return preadv(fd, vectors, count, offset);
  }));
}

// pwrite(fd, iovs, count, offset: i64, moved*)
static napi_value Pwrite(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int64_t offset = call.I64(3);
  return call.Result(Transfer(call, call.U32(1), call.U32(2), call.U32(4), [=](int fd, iovec* vectors, int count) {
    return pwritev(fd, vectors, count, offset);
  }));
}

// seek(fd, offset: i64, whence of Linux, position*)
static napi_value Seek(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint8_t* position = At(call.U32(3), 8);
  if (position == nullptr) return call.Result(-EFAULT);
  off_t result = lseek(call.Int(0), call.I64(1), call.Int(2));
  if (result < 0) return call.Result(-errno);
  Store(position, static_cast<uint64_t>(result));
  return call.Result(0);
}

// close(fd). The descriptor is gone whatever the result says.
static napi_value Close(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int result = close(call.Int(0));
  return call.Result(result == 0 || errno == EINTR ? 0 : -errno);
}

// flags(fd): F_GETFL
static napi_value Flags(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Retry([&] { return fcntl(call.Int(0), F_GETFL); }));
}

// setFlags(fd, flags): F_SETFL
static napi_value SetFlags(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Retry([&] { return fcntl(call.Int(0), F_SETFL, call.Int(1)); }));
}

// kind(fd): WASI's file type, plus 0x100 for a terminal.
static napi_value Kind(napi_env env, napi_callback_info info) {
  Call call(env, info);
  struct stat status;
  if (fstat(call.Int(0), &status) != 0) return call.Result(-errno);
  long kind = FileType(status.st_mode);
  if (kind == 2 && isatty(call.Int(0)) == 1) kind |= 0x100;
  return call.Result(kind);
}

const Entry kFdEntries[] = {{"read", Read},   {"write", Write}, {"pread", Pread},       {"pwrite", Pwrite}, {"seek", Seek},
                            {"close", Close}, {"flags", Flags}, {"setFlags", SetFlags}, {"kind", Kind},     {nullptr, nullptr}};

}  // namespace wasi
