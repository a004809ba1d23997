// Directories and their entries: the other half of what src/native/index.ts calls Files.
#include "io.h"
#include <algorithm>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <vector>

namespace {

uid_t IdArgument(const Napi::CallbackInfo& info, int index) {
  return static_cast<uid_t>(info[index].As<Napi::Number>().Int64Value());
}

// chown(path, uid, gid), of the link itself where it is one; -1 leaves an id as it is.
Napi::Value Chown(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  return Result(info, lchown(path.c_str(), IdArgument(info, 1), IdArgument(info, 2)), "chown", path);
}

// fchown(fd, uid, gid), in the same way.
Napi::Value Fchown(const Napi::CallbackInfo& info) {
  return Result(info, fchown(NumberArgument(info, 0), IdArgument(info, 1), IdArgument(info, 2)), "fchown", "");
}

Napi::Value Mkdir(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  return Result(info, mkdir(path.c_str(), NumberArgument(info, 1)), "mkdir", path);
}

int MakeAll(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) return 0;
  if (errno == ENOENT) {
    size_t end = path.find_last_not_of('/');
    size_t slash = end == std::string::npos ? end : path.rfind('/', end);
    if (slash == std::string::npos || slash == 0) {
      errno = ENOENT;
      return -1;
    }
    if (MakeAll(path.substr(0, slash), mode) < 0) return -1;
    if (mkdir(path.c_str(), mode) == 0) return 0;
  }
  // Any other error hides behind an existing directory too: EROFS and EACCES come before EEXIST.
  int number = errno;
  struct stat status;
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return 0;
    number = ENOTDIR;
  }
  errno = number;
  return -1;
}

Napi::Value MkdirAll(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  return Result(info, MakeAll(path, NumberArgument(info, 1)), "mkdir", path);
}

Napi::Value Rmdir(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  return Result(info, rmdir(path.c_str()), "rmdir", path);
}

Napi::Value Unlink(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  return Result(info, unlink(path.c_str()), "unlink", path);
}

Napi::Value Rename(const Napi::CallbackInfo& info) {
  std::string from = PathArgument(info, 0), to = PathArgument(info, 1);
  return Result(info, rename(from.c_str(), to.c_str()), "rename", from);
}

Napi::Value Readdir(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return ThrowErrno(info.Env(), errno, "opendir", path);
  std::vector<std::string> names;
  errno = 0;
  while (struct dirent* entry = readdir(directory)) {
    std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  int number = errno;
  closedir(directory);
  if (number != 0) return ThrowErrno(info.Env(), number, "readdir", path);
  std::sort(names.begin(), names.end());
  Napi::Array result = Napi::Array::New(info.Env(), names.size());
  for (size_t i = 0; i < names.size(); i++) result.Set(static_cast<uint32_t>(i), names[i]);
  return result;
}

Napi::Value Stat(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  bool follow = info[1].As<Napi::Boolean>().Value();
  struct stat status;
  if (fstatat(AT_FDCWD, path.c_str(), &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return info.Env().Undefined();
    return ThrowErrno(info.Env(), errno, "stat", path);
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("mode", status.st_mode);
  result.Set("uid", status.st_uid);
  result.Set("gid", status.st_gid);
  result.Set("size", static_cast<double>(status.st_size));
  result.Set("dev", static_cast<double>(status.st_dev));
  result.Set("ino", static_cast<double>(status.st_ino));
  result.Set("rdev", static_cast<double>(status.st_rdev));
  return result;
}

Napi::Value MayWrite(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  return Napi::Boolean::New(info.Env(), faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0);
}

Napi::Value Realpath(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) return ThrowErrno(info.Env(), errno, "realpath", path);
  return Napi::String::New(info.Env(), resolved);
}

Napi::Value Readlink(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  char target[PATH_MAX];
  ssize_t length = readlink(path.c_str(), target, sizeof target);
  if (length < 0) return ThrowErrno(info.Env(), errno, "readlink", path);
  return Napi::String::New(info.Env(), target, static_cast<size_t>(length));
}

Napi::Value FsType(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  struct statfs status;
  if (statfs(path.c_str(), &status) < 0) return ThrowErrno(info.Env(), errno, "statfs", path);
  return Napi::Number::New(info.Env(), static_cast<double>(static_cast<uint32_t>(status.f_type)));
}

constexpr uint64_t kHere = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

// Opens a directory that is an entry of `at`: no symbolic link is followed and no mount is entered, also none
// of the same file system. Kernels before 5.6 tell mounts by their device only.
int OpenDirectoryHere(int at, const char* name) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  struct open_how how = {};
  how.flags = flags;
  how.resolve = kHere;
  long fd;
  do fd = syscall(SYS_openat2, at, name, &how, sizeof how);
  while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  Descriptor plain(OpenAt(at, name, flags));
  struct stat parent, entry;
  if (!plain.valid() || fstat(at, &parent) < 0 || fstat(plain.get(), &entry) < 0) return -1;
  if (parent.st_dev == entry.st_dev) return plain.release();
  errno = EXDEV;
  return -1;
}

// headInRoot(root, path, length): the first bytes of a regular file, its path resolved as if the root were /; undefined
// for anything else. What is there is looked at before it is opened: opening a device may do something.
Napi::Value HeadInRoot(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 1);
  Descriptor root(OpenAt(AT_FDCWD, PathArgument(info, 0).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  struct stat status;
  Descriptor found(static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  if (!found.valid() || fstat(found.get(), &status) < 0 || !S_ISREG(status.st_mode)) return info.Env().Undefined();
  std::string self = "/proc/self/fd/" + std::to_string(found.get()), head(NumberArgument(info, 2), 0);
  Descriptor file(OpenAt(AT_FDCWD, self.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ssize_t length = file.valid() ? pread(file.get(), &head[0], head.size(), 0) : -1;
  if (length < 0) return info.Env().Undefined();
  return Napi::Buffer<char>::Copy(info.Env(), head.data(), static_cast<size_t>(length));
}

// The first failure of a removal; the rest of the tree goes all the same.
struct Failure {
  int number = 0;
  const char* syscall = nullptr;
  std::string path;
  void Note(const char* failed, const std::string& where) {
    if (number != 0) return;
    number = errno;
    syscall = failed;
    path = where;
  }
};

void RemoveEntry(int at, const char* name, const std::string& path, Failure* failure);

void RemoveContents(int fd, const std::string& path, Failure* failure) {
  // fdopendir owns its descriptor, and `fd` is needed for as long.
  Descriptor copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  DIR* directory = copy.valid() ? fdopendir(copy.get()) : nullptr;
  if (directory == nullptr) return failure->Note("opendir", path);
  copy.release();
  while (struct dirent* entry = readdir(directory)) {
    std::string_view name(entry->d_name);
    if (name == "." || name == "..") continue;
    RemoveEntry(fd, entry->d_name, path + "/" + entry->d_name, failure);
  }
  closedir(directory);
}

void RemoveEntry(int at, const char* name, const std::string& path, Failure* failure) {
  if (unlinkat(at, name, 0) == 0 || errno == ENOENT) return;
  // A directory answers EISDIR, and EPERM on the file systems that follow POSIX here.
  if (errno != EISDIR && errno != EPERM) return failure->Note("unlink", path);
  {
    Descriptor fd(OpenDirectoryHere(at, name));
    if (!fd.valid()) {
      if (errno != ENOENT) failure->Note("open", path);
      return;
    }
    RemoveContents(fd.get(), path, failure);
  }
  if (unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT) failure->Note("rmdir", path);
}

Napi::Value RemoveTree(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  size_t slash = path.rfind('/');
  std::string parent = slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") return ThrowErrno(info.Env(), EINVAL, "unlink", path);
  Descriptor at(OpenAt(AT_FDCWD, parent.c_str(), O_PATH | O_DIRECTORY));
  if (!at.valid()) {
    return errno == ENOENT ? info.Env().Undefined() : ThrowErrno(info.Env(), errno, "open", parent);
  }
  Failure failure;
  RemoveEntry(at.get(), name.c_str(), path, &failure);
  if (failure.number != 0) return ThrowErrno(info.Env(), failure.number, failure.syscall, failure.path);
  return info.Env().Undefined();
}

}  // namespace

void InitPaths(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "chown", Chown);
  Export(env, exports, "fchown", Fchown);
  Export(env, exports, "mkdir", Mkdir);
  Export(env, exports, "mkdirAll", MkdirAll);
  Export(env, exports, "rmdir", Rmdir);
  Export(env, exports, "unlink", Unlink);
  Export(env, exports, "rename", Rename);
  Export(env, exports, "removeTree", RemoveTree);
  Export(env, exports, "readdir", Readdir);
  Export(env, exports, "stat", Stat);
  Export(env, exports, "mayWrite", MayWrite);
  Export(env, exports, "realpath", Realpath);
  Export(env, exports, "readlink", Readlink);
  Export(env, exports, "fsType", FsType);
  Export(env, exports, "headInRoot", HeadInRoot);
}
