// SPDX-License-Identifier: Apache-2.0
// A form with a list of texts.
// EXPECT: a form is a flat struct: every member a std::string, number, bool, enum
#include <sumun/schema.hpp>
struct Form { std::vector<std::string> names; };
auto schema = sumun::form_schema_of<Form>();
