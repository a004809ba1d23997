// Writes its second argument to the file of the first, and prints what the file then has.
#include <stdio.h>

int main(int argc, char **argv) {
  char text[256] = "";
  if (argc != 3) return 2;
  FILE *file = fopen(argv[1], "w+");
  if (file == NULL || fputs(argv[2], file) < 0) return 1;
  rewind(file);
  size_t length = fread(text, 1, sizeof text - 1, file);
  fwrite(text, 1, length, stdout);
  return fclose(file) != 0;
}
