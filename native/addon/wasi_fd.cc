// Reading, writing and what concerns the descriptor itself.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "wasi.h"

namespace wasi {

// The count of bytes goes to the guest; its place is checked before any byte moves, so that none is lost.
template <typename Function>
static int32_t Transfer(uint32_t pointer, uint32_t count, uint32_t out, Function function) {
  uint8_t* moved = At(out, 4);
  if (moved == nullptr) return -EFAULT;
  iovec* vectors = nullptr;
  long entries = Vectors(pointer, count, &vectors);
  if (entries < 0) return static_cast<int32_t>(entries);
  long result = Retry([&] { return function(vectors, static_cast<int>(entries)); });
  if (result < 0) return static_cast<int32_t>(result);
  Store(moved, static_cast<uint32_t>(result));
  return 0;
}

// read(fd, iovs, count, moved*)
static int32_t Read(int32_t fd, uint32_t iovs, uint32_t count, uint32_t moved) {
  return Transfer(iovs, count, moved, [=](iovec* vectors, int entries) {
    return entries == 1 ? read(fd, vectors->iov_base, vectors->iov_len) : readv(fd, vectors, entries);
  });
}

// write(fd, iovs, count, moved*)
static int32_t Write(int32_t fd, uint32_t iovs, uint32_t count, uint32_t moved) {
  return Transfer(iovs, count, moved, [=](iovec* vectors, int entries) {
    return entries == 1 ? write(fd, vectors->iov_base, vectors->iov_len) : writev(fd, vectors, entries);
  });
}

// pread(fd, iovs, count, offset, moved*)
static int32_t Pread(int32_t fd, uint32_t iovs, uint32_t count, int64_t offset, uint32_t moved) {
  return Transfer(iovs, count, moved,
                  [=](iovec* vectors, int entries) { return preadv(fd, vectors, entries, offset); });
}

// pwrite(fd, iovs, count, offset, moved*)
static int32_t Pwrite(int32_t fd, uint32_t iovs, uint32_t count, int64_t offset, uint32_t moved) {
  return Transfer(iovs, count, moved,
                  [=](iovec* vectors, int entries) { return pwritev(fd, vectors, entries, offset); });
}

// seek(fd, offset, whence of Linux, position*)
static int32_t Seek(int32_t fd, int64_t offset, int32_t whence, uint32_t positionAt) {
  uint8_t* position = At(positionAt, 8);
  if (position == nullptr) return -EFAULT;
  off_t result = lseek(fd, offset, whence);
  if (result < 0) return -errno;
  Store(position, static_cast<uint64_t>(result));
  return 0;
}

// close(fd). The descriptor is gone whatever the result says.
static int32_t Close(int32_t fd) { return close(fd) == 0 || errno == EINTR ? 0 : -errno; }

// flags(fd): F_GETFL
static int32_t Flags(int32_t fd) {
  return static_cast<int32_t>(Retry([&] { return fcntl(fd, F_GETFL); }));
}

// setFlags(fd, flags): F_SETFL
static int32_t SetFlags(int32_t fd, int32_t flags) {
  return static_cast<int32_t>(Retry([&] { return fcntl(fd, F_SETFL, flags); }));
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

const Entry kFdEntries[] = {Direct<Read>("read"),         Direct<Write>("write"), Direct<Pread>("pread"),
                            Direct<Pwrite>("pwrite"),     Direct<Seek>("seek"),   Direct<Close>("close"),
                            Direct<Flags>("flags"),       {"kind", Kind},         Direct<SetFlags>("setFlags"),
                            {nullptr, nullptr}};

}  // namespace wasi
