#include "wasi_resolve.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "wasi.h"

namespace wasi {

long Path::Take(uint32_t pointer, uint32_t length) {
  const uint8_t* bytes = At(pointer, length);
  if (bytes == nullptr) return -EFAULT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  if (length == 0) return -ENOENT;
  if (memchr(bytes, 0, length) != nullptr) return -EINVAL;
  memcpy(text_, bytes, length);
  text_[length] = '\0';
  length_ = length;
  return 0;
}

char* Path::SplitLast() {
  uint32_t end = length_;
  while (end > 0 && text_[end - 1] == '/') end--;
  uint32_t start = end;
  while (start > 0 && text_[start - 1] != '/') start--;
  // What is before the component ends in a slash: moving the component one further makes room for the NUL.
  if (start > 0) {
    memmove(text_ + start + 1, text_ + start, length_ - start + 1);
    text_[start] = '\0';
    return text_ + start + 1;
  }
  return text_;
}

static long Open2(int directory, const char* path, open_how* how) {
  // A rename elsewhere in the tree can make a lookup of ".." uncertain: the kernel says EAGAIN.
  for (int attempt = 0;; attempt++) {
    long fd = Retry([&] { return syscall(SYS_openat2, directory, path, how, sizeof *how); });
    if (fd != -EAGAIN || attempt == 64) return fd;
  }
}

long OpenBeneath(const Base& base, const char* path, uint64_t flags, uint64_t mode) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC | O_NOCTTY;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // O_PATH takes no other flag but a few.
  if ((flags & O_PATH) != 0) how.flags &= ~static_cast<uint64_t>(O_NOCTTY);
  long fd = Open2(base.fd, path, &how);
  if (fd != -EXDEV) return fd;
  // Only a link (or ..) on the way may lead to the root: an absolute path is none of preview1.
  if (!base.root || path[0] == '/') return -EPERM;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  fd = Open2(base.fd, path, &how);
  return fd == -EXDEV ? -EPERM : fd;
}

long Parent::Open(const Base& base, Path* path) {
  if (path->text()[0] == '/') return -EPERM;
  last = path->SplitLast();
  if (last == path->text()) {
    fd = base.fd;
    return 0;
  }
  long opened = OpenBeneath(base, path->text(), O_PATH | O_DIRECTORY, 0);
  if (opened < 0) return opened;
  fd = static_cast<int>(opened);
  owned_ = true;
  return 0;
}

Parent::~Parent() {
  if (owned_) close(fd);
}

}  // namespace wasi
