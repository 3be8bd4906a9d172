// SPDX-License-Identifier: Apache-2.0
// A view owns nothing to read into.
// EXPECT: this type has no JSON form: use bool, an integer
#include <sumun/schema.hpp>
struct Input { std::string_view a; };
auto value = sumun::decode<Input>(sumun::json());
