// Attributes of open files, their space, and the entries of directories.
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "wasi_stat.h"

namespace wasi {

static uint64_t Nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + static_cast<uint64_t>(time.tv_nsec);
}

void StoreFilestat(uint8_t* at, const struct stat& status, bool unstable) {
  memset(at, 0, FilestatSize(unstable));
  Store<uint64_t>(at, status.st_dev);
  Store<uint64_t>(at + 8, status.st_ino);
  at[16] = FileType(status.st_mode);
  if (unstable) {
    Store(at + 20, static_cast<uint32_t>(status.st_nlink));
  } else {
    Store<uint64_t>(at + 24, status.st_nlink);
  }
  uint8_t* rest = at + (unstable ? 24 : 32);
  Store<uint64_t>(rest, static_cast<uint64_t>(status.st_size));
  Store(rest + 8, Nanoseconds(status.st_atim));
  Store(rest + 16, Nanoseconds(status.st_mtim));
  Store(rest + 24, Nanoseconds(status.st_ctim));
}

bool Times(int64_t atim, int64_t mtim, uint32_t flags, timespec times[2]) {
  // fstflags: 1 atim, 2 atim_now, 4 mtim, 8 mtim_now.
  if ((flags & 3) == 3 || (flags & 12) == 12 || (flags & ~15u) != 0) return false;
  const int64_t given[2] = {atim, mtim};
  for (int i = 0; i < 2; i++) {
    uint32_t choice = flags >> (2 * i) & 3;
    auto nanoseconds = static_cast<uint64_t>(given[i]);
    if (choice == 1) {
      times[i].tv_sec = static_cast<time_t>(nanoseconds / 1000000000u);
      times[i].tv_nsec = static_cast<long>(nanoseconds % 1000000000u);
    } else {
      times[i].tv_sec = 0;
      times[i].tv_nsec = choice == 2 ? UTIME_NOW : UTIME_OMIT;
    }
  }
  return true;
}

// stat(fd, filestat*, unstable)
static napi_value Stat(napi_env env, napi_callback_info info) {
  Call call(env, info);
  bool unstable = call.Bool(2);
  uint8_t* at = At(call.U32(1), FilestatSize(unstable));
  if (at == nullptr) return call.Result(-EFAULT);
  struct stat status;
  if (fstat(call.Int(0), &status) != 0) return call.Result(-errno);
  StoreFilestat(at, status, unstable);
  return call.Result(0);
}

// allocate(fd, offset: i64, length: i64)
static napi_value Allocate(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Retry([&] { return fallocate(call.Int(0), 0, call.I64(1), call.I64(2)); }));
}

// advise(fd, offset: i64, length: i64, advice of Linux)
static napi_value Advise(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(-posix_fadvise(call.Int(0), call.I64(1), call.I64(2), call.Int(3)));
}

// sync(fd, data only)
static napi_value Sync(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Retry([&] { return call.Bool(1) ? fdatasync(call.Int(0)) : fsync(call.Int(0)); }));
}

// truncate(fd, size: i64)
static napi_value Truncate(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(Retry([&] { return ftruncate(call.Int(0), call.I64(1)); }));
}

// times(fd, atim: i64, mtim: i64, fstflags)
static napi_value SetTimes(napi_env env, napi_callback_info info) {
  Call call(env, info);
  timespec times[2];
  if (!Times(call.I64(1), call.I64(2), call.U32(3), times)) return call.Result(-EINVAL);
  return call.Result(futimens(call.Int(0), times) == 0 ? 0 : -errno);
}

static uint8_t EntryType(int directory, const dirent64* entry) {
  if (entry->d_type != DT_UNKNOWN) return FileType(DTTOIF(entry->d_type));
  struct stat status;
  bool known = fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  return known ? FileType(status.st_mode) : 0;
}

// readdir(fd, buffer*, length, cookie: i64, used*). The cookies are the kernel's own offsets. An entry that
// doesn't fit is cut at the end of the buffer, which tells the guest that there is more.
static napi_value Readdir(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int fd = call.Int(0);
  uint32_t length = call.U32(2);
  uint8_t* buffer = At(call.U32(1), length);
  uint8_t* used = At(call.U32(4), 4);
  if (buffer == nullptr || used == nullptr) return call.Result(-EFAULT);
  if (lseek(fd, call.I64(3), SEEK_SET) < 0) return call.Result(-errno);

  // An entry takes about the same space here and there, so the kernel is asked for no more than fits.
  alignas(dirent64) static char entries[65536];
  size_t ask = length < 512 ? 512 : length < sizeof entries ? length : sizeof entries;
  uint32_t filled = 0;
  while (filled < length) {
    long got = Retry([&] { return syscall(SYS_getdents64, fd, entries, ask); });
    if (got < 0) return call.Result(got);
    if (got == 0) break;
    for (long at = 0; at < got && filled < length;) {
      auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      size_t name = strlen(entry->d_name);
      uint8_t head[24] = {};
      Store<uint64_t>(head, static_cast<uint64_t>(entry->d_off));
      Store<uint64_t>(head + 8, entry->d_ino);
      Store(head + 16, static_cast<uint32_t>(name));
      head[20] = EntryType(fd, entry);
      size_t room = length - filled;
      memcpy(buffer + filled, head, room < sizeof head ? room : sizeof head);
      filled += static_cast<uint32_t>(room < sizeof head ? room : sizeof head);
      room = length - filled;
      memcpy(buffer + filled, entry->d_name, room < name ? room : name);
      filled += static_cast<uint32_t>(room < name ? room : name);
      at += entry->d_reclen;
    }
  }
  Store(used, filled);
  return call.Result(0);
}

const Entry kFileEntries[] = {{"stat", Stat},         {"allocate", Allocate}, {"advise", Advise},   {"sync", Sync},
                              {"truncate", Truncate}, {"times", SetTimes},    {"readdir", Readdir}, {nullptr, nullptr}};

}  // namespace wasi
