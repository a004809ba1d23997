// How a guest's path becomes a file: never outside the directory it is relative to.
#pragma once
#include <climits>
#include <cstdint>

namespace wasi {

// A directory that paths are relative to. `root` says that it is the container's root directory, where an
// absolute symbolic link means what it says.
struct Base {
  int fd;
  bool root;
};

// A path out of the guest's memory, terminated.
class Path {
 public:
  // 0 or a negative errno: EFAULT outside the memory, ENAMETOOLONG, EINVAL for a NUL inside, ENOENT for an empty one.
  long Take(uint32_t pointer, uint32_t length);
  char* text() { return text_; }
  bool TrailingSlash() const { return length_ > 0 && text_[length_ - 1] == '/'; }
  // Splits off the last component, trailing slashes included; the path keeps what is before it.
  char* SplitLast();

 private:
  char text_[PATH_MAX + 1];  // and the NUL that a split puts in
  uint32_t length_ = 0;
};

// Opens a path beneath its base. Leaving the base is EPERM.
long OpenBeneath(const Base& base, const char* path, uint64_t flags, uint64_t mode);

// The directory that holds a path's last component, for the calls that change directories.
class Parent {
 public:
  Parent() = default;
  Parent(const Parent&) = delete;
  ~Parent();
  // 0 or a negative errno.
  long Open(const Base& base, Path* path);
  int fd = -1;
  const char* last = nullptr;

 private:
  bool owned_ = false;
};

}  // namespace wasi
