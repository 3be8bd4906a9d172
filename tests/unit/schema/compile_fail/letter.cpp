// SPDX-License-Identifier: Apache-2.0
// A char is a letter, not a number.
// EXPECT: this type has no JSON form: use bool, an integer
#include <sumun/schema.hpp>
struct Input { char a; };
auto value = sumun::decode<Input>(sumun::json());
