// Chooses the half of the executable that does the work.
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

}  // namespace

int main(int argc, char** argv) {
  remember_stack(argv);
  if (argc == 0 || getenv("OCIRT_WASM_ENGINE") != nullptr) hand_over();
  const struct bundle* bundle = ChooseBundle(argv);
  if (bundle == nullptr) hand_over();
  return RunBundle(*bundle, argv);
}
