# The functions that make this project's targets: one a layer of the SDK, one a program, one a unit-test folder.

# Warnings and reproducible settings for our own code; never exported to consumers.
function(sumun_own_code target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE -Wno-missing-designated-field-initializers)
  else()
    # g++ 12 reports false positives of these inside std::string, std::variant and nlohmann::json at -O2.
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(SUMUN_FUZZERS)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)  # coverage feedback for tests/fuzz
  endif()
endfunction()

# Precompiles the headers that nearly every file of `target` needs. `-fno-pch-timestamp` lets ccache reuse them.
function(sumun_pch target)
  if(NOT SUMUN_PCH)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

set(SUMUN_PCH_CORE <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view> <variant> <vector>
    <nlohmann/json.hpp>)
set(SUMUN_PCH_ASIO ${SUMUN_PCH_CORE} <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
    <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/strand.hpp>)

# sumun_layer(NAME [ASIO] [LINKS layer...] [LIBS library...])
# One folder of sdk/src as one target. Its include root holds this folder alone, so that an include
# of a layer that it does not link does not build.
function(sumun_layer name)
  cmake_parse_arguments(arg "ASIO" "" "LINKS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  set(root ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)
  set(target sumun_${name})
  add_library(${target} OBJECT ${sources})
  target_include_directories(${target} PUBLIC ${root})
  target_link_libraries(${target} PUBLIC sumun_headers)
  foreach(layer IN LISTS arg_LINKS)
    target_link_libraries(${target} PUBLIC sumun_${layer})
  endforeach()
  target_link_libraries(${target} PUBLIC ${arg_LIBS})
  target_compile_definitions(${target} PRIVATE SUMUN_BUILDING)
  sumun_own_code(${target})
  if(arg_ASIO)
    sumun_pch(${target} ${SUMUN_PCH_ASIO})
  else()
    sumun_pch(${target} ${SUMUN_PCH_CORE})
  endif()
  set_property(GLOBAL APPEND PROPERTY SUMUN_LAYERS ${name})
  set_property(GLOBAL APPEND PROPERTY SUMUN_LAYER_LIBS ${arg_LIBS})
endfunction()

# sumun_unit_tests(NAME [LIBS library...]): the .cpp files of this folder as one doctest program, run by ctest.
function(sumun_unit_tests name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  set(target unit_${name})
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE doctest_main ${arg_LIBS})
  sumun_own_code(${target})
  sumun_pch(${target} ${SUMUN_PCH_ASIO} <doctest/doctest.h>)
  add_test(NAME ${target} COMMAND ${target})
  set_tests_properties(${target} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
