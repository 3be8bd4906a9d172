// SPDX-License-Identifier: Apache-2.0
// The dynamic linker's part.
#include "postgres/libpq.hpp"

#include <dlfcn.h>

#include <string>

namespace sumun::postgres {

Result<const Libpq*> Libpq::load() {
  static const auto loaded = []() -> Result<Libpq> {
    void* const library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return fail(ErrorCode::io, std::string("store: libpq cannot be loaded (Debian: libpq5): ") + ::dlerror());
    Libpq functions;
#define SUMUN_FIND(name) \
  functions.name = reinterpret_cast<decltype(functions.name)>(::dlsym(library, #name)); \
  if (functions.name == nullptr) return fail(ErrorCode::io, "store: libpq is too old: it has no " #name);
    SUMUN_LIBPQ(SUMUN_FIND)
#undef SUMUN_FIND
    return functions;
  }();
  if (!loaded) return loaded.error();
  return &*loaded;
}

}  // namespace sumun::postgres
