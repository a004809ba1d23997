// Prints a file.
#include <stdio.h>

int main(int argc, char **argv) {
  char text[4096];
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (file == NULL) return 1;
  for (size_t length; (length = fread(text, 1, sizeof text, file)) > 0;) fwrite(text, 1, length, stdout);
  return ferror(file) != 0;
}
