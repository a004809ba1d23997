# The executable's first half: QuickJS with the hot commands' bytecode, and the addon's host concerns. FRONT_COMMANDS
# names the commands, FRONT_CONTINUATIONS the scripts that others go over to; FRONT_SCRIPTS is the directory of all bundled
# scripts; QUICKJS_DIR holds QuickJS's sources.

set(QUICKJS_SOURCES quickjs.c libregexp.c libunicode.c cutils.c dtoa.c)
list(TRANSFORM QUICKJS_SOURCES PREPEND ${QUICKJS_DIR}/)
add_library(quickjs STATIC EXCLUDE_FROM_ALL ${QUICKJS_SOURCES})
target_compile_definitions(quickjs PRIVATE _GNU_SOURCE CONFIG_VERSION="ocirt")
target_compile_options(quickjs PRIVATE -O2 -w -fwrapv -ffunction-sections -fdata-sections)
target_include_directories(quickjs SYSTEM PUBLIC ${QUICKJS_DIR})

add_executable(compile front/compile.c)
target_compile_options(compile PRIVATE -O2 -Wall -Wextra)
target_link_libraries(compile PRIVATE quickjs m)

# One object holds the bytecode of all of them.
set(BUNDLES ${CMAKE_BINARY_DIR}/bundles.c)
set(BUNDLE_FILES)
set(BUNDLE_DATA "")
set(BUNDLE_TABLE "")
set(CONTINUATION_TABLE "")
foreach(COMMAND ${FRONT_COMMANDS} ${FRONT_CONTINUATIONS})
  set(CODE ${CMAKE_BINARY_DIR}/${COMMAND}.bytecode)
  add_custom_command(
    OUTPUT ${CODE}
    COMMAND compile ${FRONT_SCRIPTS}/${COMMAND}.js ${CODE}
    DEPENDS compile ${FRONT_SCRIPTS}/${COMMAND}.js
    VERBATIM)
  list(APPEND BUNDLE_FILES ${CODE})
  string(APPEND BUNDLE_DATA "BUNDLE(${COMMAND}, \"${CODE}\")\n")
  set(ENTRY "    {\"${COMMAND}\", ${COMMAND}_start, ${COMMAND}_end},\n")
  list(FIND FRONT_CONTINUATIONS ${COMMAND} CONTINUATION)
  if(CONTINUATION GREATER -1)
    string(APPEND CONTINUATION_TABLE "${ENTRY}")
  else()
    string(APPEND BUNDLE_TABLE "${ENTRY}")
  endif()
endforeach()
configure_file(front/bundles.c.in ${BUNDLES} @ONLY)
set_source_files_properties(${BUNDLES} PROPERTIES OBJECT_DEPENDS "${BUNDLE_FILES}")

add_executable(front
  front/main.cc front/engine.cc front/napi_values.cc front/napi_objects.cc front/sha256.cc front/parts.c front/hand_over.c
  ${BUNDLES} $<TARGET_OBJECTS:host>)
native_settings(front)
target_include_directories(front PRIVATE front)
set_target_properties(front PROPERTIES OUTPUT_NAME ocirt-front)
# At a random address, which leaves free the fixed one of the second half.
target_link_options(front PRIVATE -static-pie -Wl,--gc-sections,-z,now,-z,relro -s)
target_link_libraries(front PRIVATE quickjs ${OCIRT_SECCOMP_LIBRARY} m)
