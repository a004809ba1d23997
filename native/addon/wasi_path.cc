// Paths: open, attributes, links, and what changes directories.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "wasi_resolve.h"
#include "wasi_stat.h"

namespace wasi {

// Every function begins with the base and the path: (fd, is root, path*, length, ...).
static Base BaseOf(const Call& call, size_t index) { return {call.Int(index), call.Bool(index + 1)}; }

static long Opened(const Call& call, uint64_t flags) {
  Path path;
  long result = path.Take(call.U32(2), call.U32(3));
  return result < 0 ? result : OpenBeneath(BaseOf(call, 0), path.text(), flags, 0);
}

// Writing /proc/self/mem would be writing the engine's own memory: procfs is read-only for modules.
static bool WritesProc(int fd, int flags) {
  if ((flags & O_ACCMODE) == O_RDONLY) return false;
  struct statfs status;
  return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

// open(base, root, path*, length, flags of Linux): the descriptor.
static napi_value Open(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Path path;
  long result = path.Take(call.U32(2), call.U32(3));
  if (result < 0) return call.Result(result);
  int flags = call.Int(4);
  long fd = OpenBeneath(BaseOf(call, 0), path.text(), static_cast<uint64_t>(flags), (flags & O_CREAT) != 0 ? 0666 : 0);
  if (fd >= 0 && WritesProc(static_cast<int>(fd), flags)) {
    close(static_cast<int>(fd));
    return call.Result(-EPERM);
  }
  return call.Result(fd);
}

// pathStat(base, root, path*, length, follow, filestat*, unstable)
static napi_value PathStat(napi_env env, napi_callback_info info) {
  Call call(env, info);
  bool unstable = call.Bool(6);
  uint8_t* at = At(call.U32(5), FilestatSize(unstable));
  if (at == nullptr) return call.Result(-EFAULT);
  long fd = Opened(call, O_PATH | (call.Bool(4) ? 0 : O_NOFOLLOW));
  if (fd < 0) return call.Result(fd);
  struct stat status;
  long result = fstat(static_cast<int>(fd), &status) == 0 ? 0 : -errno;
  close(static_cast<int>(fd));
  if (result == 0) StoreFilestat(at, status, unstable);
  return call.Result(result);
}

// pathTimes(base, root, path*, length, follow, atim: i64, mtim: i64, fstflags)
static napi_value PathTimes(napi_env env, napi_callback_info info) {
  Call call(env, info);
  timespec times[2];
  if (!Times(call.I64(5), call.I64(6), call.U32(7), times)) return call.Result(-EINVAL);
  long fd = Opened(call, O_PATH | (call.Bool(4) ? 0 : O_NOFOLLOW));
  if (fd < 0) return call.Result(fd);
  long result = utimensat(static_cast<int>(fd), "", times, AT_EMPTY_PATH) == 0 ? 0 : -errno;
  close(static_cast<int>(fd));
  return call.Result(result);
}

// readlink(base, root, path*, length, buffer*, size, used*). A target that doesn't fit is cut.
static napi_value Readlink(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t size = call.U32(5);
  uint8_t* buffer = At(call.U32(4), size);
  uint8_t* used = At(call.U32(6), 4);
  if (buffer == nullptr || used == nullptr) return call.Result(-EFAULT);
  long fd = Opened(call, O_PATH | O_NOFOLLOW);
  if (fd < 0) return call.Result(fd);
  char target[PATH_MAX];
  long length = readlinkat(static_cast<int>(fd), "", target, sizeof target);
  long error = errno;
  close(static_cast<int>(fd));
  // With an empty path, ENOENT is how the kernel says that the descriptor is no link.
  if (length < 0) return call.Result(error == ENOENT ? -EINVAL : -error);
  uint32_t kept = static_cast<uint32_t>(length) < size ? static_cast<uint32_t>(length) : size;
  memcpy(buffer, target, kept);
  Store(used, kept);
  return call.Result(0);
}

// A call that changes one directory entry.
template <typename Function>
static napi_value Change(napi_env env, napi_callback_info info, Function function) {
  Call call(env, info);
  Path path;
  Parent parent;
  long result = path.Take(call.U32(2), call.U32(3));
  if (result == 0) result = parent.Open(BaseOf(call, 0), &path);
  if (result == 0 && function(parent.fd, parent.last) != 0) result = -errno;
  return call.Result(result);
}

// mkdir(base, root, path*, length)
static napi_value Mkdir(napi_env env, napi_callback_info info) {
  return Change(env, info, [](int fd, const char* name) { return mkdirat(fd, name, 0777); });
}

// rmdir(base, root, path*, length)
static napi_value Rmdir(napi_env env, napi_callback_info info) {
  return Change(env, info, [](int fd, const char* name) { return unlinkat(fd, name, AT_REMOVEDIR); });
}

// unlink(base, root, path*, length)
static napi_value Unlink(napi_env env, napi_callback_info info) {
  return Change(env, info, [](int fd, const char* name) { return unlinkat(fd, name, 0); });
}

// symlink(base, root, path*, length, target*, length, absolute targets allowed)
static napi_value Symlink(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Path target;
  Path path;
  Parent parent;
  long result = target.Take(call.U32(4), call.U32(5));
  if (result == 0 && target.text()[0] == '/' && !call.Bool(6)) result = -EPERM;
  if (result == 0) result = path.Take(call.U32(2), call.U32(3));
  if (result == 0) result = parent.Open(BaseOf(call, 0), &path);
  if (result == 0 && symlinkat(target.text(), parent.fd, parent.last) != 0) result = -errno;
  return call.Result(result);
}

// rename(base, root, path*, length, base, root, path*, length)
static napi_value Rename(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Path from, to;
  Parent old, fresh;
  long result = from.Take(call.U32(2), call.U32(3));
  if (result == 0) result = to.Take(call.U32(6), call.U32(7));
  if (result == 0) result = old.Open(BaseOf(call, 0), &from);
  if (result == 0) result = fresh.Open(BaseOf(call, 4), &to);
  if (result == 0 && renameat(old.fd, old.last, fresh.fd, fresh.last) != 0) result = -errno;
  return call.Result(result);
}

// link(base, root, path*, length, base, root, path*, length). The source is never followed.
static napi_value Link(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Path from, to;
  Parent old, fresh;
  long result = from.Take(call.U32(2), call.U32(3));
  if (result == 0) result = to.Take(call.U32(6), call.U32(7));
  if (result == 0 && from.TrailingSlash()) {
    // A trailing slash makes the kernel follow a link, out of the base as well: what is there is a directory,
    // and a directory can't be linked.
    long fd = OpenBeneath(BaseOf(call, 0), from.text(), O_PATH | O_DIRECTORY, 0);
    if (fd >= 0) close(static_cast<int>(fd));
    result = fd < 0 ? fd : -EPERM;
  }
  if (result == 0) result = old.Open(BaseOf(call, 0), &from);
  if (result == 0) result = fresh.Open(BaseOf(call, 4), &to);
  if (result == 0 && linkat(old.fd, old.last, fresh.fd, fresh.last, 0) != 0) result = -errno;
  return call.Result(result);
}

const Entry kPathEntries[] = {{"open", Open},     {"pathStat", PathStat}, {"pathTimes", PathTimes}, {"readlink", Readlink},
                              {"mkdir", Mkdir},   {"rmdir", Rmdir},       {"unlink", Unlink},       {"symlink", Symlink},
                              {"rename", Rename}, {"link", Link},         {nullptr, nullptr}};

}  // namespace wasi
