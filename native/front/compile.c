// compile IN OUT: a script as bytecode of the engine, without names and lines. Runs at build time only.
#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_all(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  *length = (size_t)ftell(file);
  rewind(file);
  // The engine wants a NUL behind the text.
  char *text = calloc(1, *length + 1);
  if (text != NULL && fread(text, 1, *length, file) != *length) return NULL;
  fclose(file);
  return text;
}

static int complain(JSContext *context, const char *path) {
  JSValue error = JS_GetException(context);
  fprintf(stderr, "%s: %s\n", path, JS_ToCString(context, error));
  JSValue stack = JS_GetPropertyStr(context, error, "stack");
  if (!JS_IsUndefined(stack)) fprintf(stderr, "%s\n", JS_ToCString(context, stack));
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  size_t length, size;
  char *text = read_all(argv[1], &length);
  if (text == NULL) {
    perror(argv[1]);
    return 1;
  }
  JSRuntime *runtime = JS_NewRuntime();
  JS_SetStripInfo(runtime, JS_STRIP_SOURCE | JS_STRIP_DEBUG);
  JSContext *context = JS_NewContext(runtime);
  JSValue program = JS_Eval(context, text, length, argv[1], JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(program)) return complain(context, argv[1]);
  uint8_t *code = JS_WriteObject(context, &size, program, JS_WRITE_OBJ_BYTECODE);
  if (code == NULL) return complain(context, argv[1]);
  FILE *out = fopen(argv[2], "wb");
  if (out == NULL || fwrite(code, 1, size, out) != size || fclose(out) != 0) {
    perror(argv[2]);
    return 1;
  }
  return 0;
}
