// SPDX-License-Identifier: Apache-2.0
// An enum whose enumerators cannot be found.
// EXPECT: name them by specialising sumun::EnumNames<E>
#include <sumun/schema.hpp>
enum class Far { a = 100000 };
struct Input { Far far; };
auto schema = sumun::schema_of<Input>();
