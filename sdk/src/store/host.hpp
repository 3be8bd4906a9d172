// SPDX-License-Identifier: Apache-2.0
// Which process this is, so that others that share the store can tell whether it still lives.
#pragma once
#include <string>
#include <string_view>

namespace sumun::store {

/// "boot id:pid namespace:pid:start time"; empty where the system does not say.
std::string own_place();
/// Whether the process of that place is known to have ended: on this machine only, elsewhere its lease decides.
bool is_known_dead(std::string_view place);

}  // namespace sumun::store
