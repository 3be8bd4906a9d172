// SPDX-License-Identifier: Apache-2.0
// What the command line asks about the URL of a server.
#pragma once
#include <string_view>

namespace sumun::host {

bool is_url(std::string_view text);

/// Whether what is sent there can be read on the way: plain HTTP to anything but a loopback host.
bool is_readable_by_others(std::string_view url);

}  // namespace sumun::host
