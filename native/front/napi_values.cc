// Node-API on QuickJS: numbers, texts, bytes. Only what the addon uses; the linker tells what is missing.
#include <cstring>

#include "values.h"

extern "C" {

napi_status napi_get_undefined(napi_env env, napi_value* result) { return Give(env, result, JS_UNDEFINED); }

napi_status napi_get_boolean(napi_env env, bool value, napi_value* result) {
  return Give(env, result, JS_NewBool(env->context, value));
}

napi_status napi_create_int32(napi_env env, int32_t value, napi_value* result) {
  return Give(env, result, JS_NewInt32(env->context, value));
}

napi_status napi_create_uint32(napi_env env, uint32_t value, napi_value* result) {
  return Give(env, result, JS_NewUint32(env->context, value));
}

napi_status napi_create_double(napi_env env, double value, napi_value* result) {
  return Give(env, result, JS_NewFloat64(env->context, value));
}

napi_status napi_create_bigint_int64(napi_env env, int64_t value, napi_value* result) {
  return Give(env, result, JS_NewBigInt64(env->context, value));
}

napi_status napi_create_bigint_uint64(napi_env env, uint64_t value, napi_value* result) {
  return Give(env, result, JS_NewBigUint64(env->context, value));
}

napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  if (length == NAPI_AUTO_LENGTH) length = strlen(text);
  return Give(env, result, JS_NewStringLen(env->context, text, length));
}

napi_status napi_create_string_latin1(napi_env env, const char* text, size_t length, napi_value* result) {
  return napi_create_string_utf8(env, text, length, result);
}

napi_status napi_get_value_double(napi_env env, napi_value value, double* result) {
  if (!JS_IsNumber(ValueOf(value))) return Done(env, napi_number_expected);
  JS_ToFloat64(env->context, result, ValueOf(value));
  return Done(env, napi_ok);
}

napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t* result) {
  if (!JS_IsNumber(ValueOf(value))) return Done(env, napi_number_expected);
  JS_ToInt32(env->context, result, ValueOf(value));
  return Done(env, napi_ok);
}

napi_status napi_get_value_uint32(napi_env env, napi_value value, uint32_t* result) {
  if (!JS_IsNumber(ValueOf(value))) return Done(env, napi_number_expected);
  JS_ToUint32(env->context, result, ValueOf(value));
  return Done(env, napi_ok);
}

napi_status napi_get_value_int64(napi_env env, napi_value value, int64_t* result) {
  if (!JS_IsNumber(ValueOf(value))) return Done(env, napi_number_expected);
  JS_ToInt64(env->context, result, ValueOf(value));
  return Done(env, napi_ok);
}

napi_status napi_get_value_bool(napi_env env, napi_value value, bool* result) {
  if (!JS_IsBool(ValueOf(value))) return Done(env, napi_boolean_expected);
  *result = JS_ToBool(env->context, ValueOf(value)) != 0;
  return Done(env, napi_ok);
}

napi_status napi_get_value_bigint_int64(napi_env env, napi_value value, int64_t* result, bool* lossless) {
  if (!JS_IsBigInt(env->context, ValueOf(value))) return Done(env, napi_bigint_expected);
  JS_ToBigInt64(env->context, result, ValueOf(value));
  JSValue back = JS_NewBigInt64(env->context, *result);
  *lossless = JS_StrictEq(env->context, back, ValueOf(value)) != 0;
  JS_FreeValue(env->context, back);
  return Done(env, napi_ok);
}

napi_status napi_get_value_bigint_uint64(napi_env env, napi_value value, uint64_t* result, bool* lossless) {
  if (!JS_IsBigInt(env->context, ValueOf(value))) return Done(env, napi_bigint_expected);
  int64_t number;
  JS_ToBigInt64(env->context, &number, ValueOf(value));
  *result = static_cast<uint64_t>(number);
  JSValue back = JS_NewBigUint64(env->context, *result);
  *lossless = JS_StrictEq(env->context, back, ValueOf(value)) != 0;
  JS_FreeValue(env->context, back);
  return Done(env, napi_ok);
}

napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char* buffer, size_t size, size_t* result) {
  if (!JS_IsString(ValueOf(value))) return Done(env, napi_string_expected);
  size_t length;
  const char* text = JS_ToCStringLen(env->context, &length, ValueOf(value));
  if (text == nullptr) return Done(env, napi_pending_exception);
  if (buffer != nullptr && size > 0) {
    if (length > size - 1) length = size - 1;
    memcpy(buffer, text, length);
    buffer[length] = '\0';
  }
  if (result != nullptr) *result = length;
  JS_FreeCString(env->context, text);
  return Done(env, napi_ok);
}

napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype* result) {
  JSValueConst it = ValueOf(value);
  if (JS_IsUndefined(it)) *result = napi_undefined;
  else if (JS_IsNull(it)) *result = napi_null;
  else if (JS_IsBool(it)) *result = napi_boolean;
  else if (JS_IsNumber(it)) *result = napi_number;
  else if (JS_IsString(it)) *result = napi_string;
  else if (JS_IsSymbol(it)) *result = napi_symbol;
  else if (JS_IsBigInt(env->context, it)) *result = napi_bigint;
  else if (JS_IsFunction(env->context, it)) *result = napi_function;
  else *result = napi_object;
  return Done(env, napi_ok);
}

// There are no Buffers here: bytes are a Uint8Array.
napi_status napi_create_buffer_copy(napi_env env, size_t length, const void* data, void** copy, napi_value* result) {
  JSValue memory = JS_NewArrayBufferCopy(env->context, static_cast<const uint8_t*>(data), length);
  if (JS_IsException(memory)) return Done(env, napi_pending_exception);
  JSValueConst arguments[] = {memory, JS_UNDEFINED, JS_UNDEFINED};
  JSValue array = JS_NewTypedArray(env->context, 3, arguments, JS_TYPED_ARRAY_UINT8);
  JS_FreeValue(env->context, memory);
  if (copy != nullptr) {
    size_t size;
    *copy = JS_GetArrayBuffer(env->context, &size, memory);
  }
  return Give(env, result, array);
}

napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* arraybuffer, size_t* byte_offset) {
  size_t offset, bytes, element;
  JSValue memory = JS_GetTypedArrayBuffer(env->context, ValueOf(value), &offset, &bytes, &element);
  if (JS_IsException(memory)) return Done(env, napi_invalid_arg);
  if (type != nullptr) *type = element == 1 ? napi_uint8_array : element == 4 ? napi_uint32_array : napi_float64_array;
  if (length != nullptr) *length = bytes / element;
  if (byte_offset != nullptr) *byte_offset = offset;
  if (data != nullptr) {
    size_t size;
    uint8_t* start = JS_GetArrayBuffer(env->context, &size, memory);
    *data = start == nullptr ? nullptr : start + offset;
  }
  if (arraybuffer != nullptr) *arraybuffer = Keep(JS_DupValue(env->context, memory));
  JS_FreeValue(env->context, memory);
  return Done(env, napi_ok);
}

napi_status napi_get_arraybuffer_info(napi_env env, napi_value value, void** data, size_t* length) {
  size_t size;
  uint8_t* start = JS_GetArrayBuffer(env->context, &size, ValueOf(value));
  if (data != nullptr) *data = start;
  if (length != nullptr) *length = size;
  return Done(env, napi_ok);
}

napi_status napi_is_typedarray(napi_env env, napi_value value, bool* result) {
  size_t offset, bytes, element;
  *result = false;
  if (!JS_IsObject(ValueOf(value))) return Done(env, napi_ok);
  JSValue memory = JS_GetTypedArrayBuffer(env->context, ValueOf(value), &offset, &bytes, &element);
  *result = !JS_IsException(memory);
  if (*result) JS_FreeValue(env->context, memory);
  else JS_FreeValue(env->context, JS_GetException(env->context));
  return Done(env, napi_ok);
}

}  // extern "C"
