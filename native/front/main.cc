// Chooses the half of the executable that does the work.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "front.h"

namespace {

// The first word that is a hot command's name. It may be an option's value: the command's program reads the
// command line as a whole, and hands over what is not its own.
const struct bundle* ChooseBundle(char** argv) {
  for (char** word = argv + 1; *word != nullptr; word++)
    for (size_t i = 0; i < front_bundle_count; i++)
      if (strcmp(*word, front_bundles[i].command) == 0) return &front_bundles[i];
  return nullptr;
}

// Where the caller closed a standard descriptor, the next file that is opened would take its number, and have the
// output of a command or of the container written into it.
bool OpenStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd) return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  remember_stack(argv);
  if (!OpenStandardDescriptors()) return 1;
  if (argc == 0 || getenv("OCIRT_WASM_ENGINE") != nullptr) hand_over();
  const struct bundle* bundle = ChooseBundle(argv);
  if (bundle == nullptr) hand_over();
  return RunBundle(*bundle, argv);
}
